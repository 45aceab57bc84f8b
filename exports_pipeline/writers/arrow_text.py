"""Text columns of Arrow as the bytes that lie in memory."""

import pyarrow as pa


def text_of(column: pa.StringArray) -> memoryview:
    """The texts of a column, one directly after the other, without a copy."""
    _, offsets, data = column.buffers()
    if not len(column) or data is None:
        return memoryview(b"")
    places = memoryview(offsets).cast("i")
    return memoryview(data)[places[column.offset] : places[column.offset + len(column)]]
