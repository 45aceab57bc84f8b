"""The stream into an upload, and the file system that DuckDB finds it in."""

import gzip

import pyarrow as pa
import pytest

from exports_pipeline.adapters.upload_stream import UPLOAD_URL, UploadFileSystem, UploadStream
from exports_pipeline.core.errors import ObjectStoreUnavailable
from exports_pipeline.core.formats import Compression
from exports_pipeline_tests.fakes.objects import InMemoryObjectStore


@pytest.fixture
def store():
    return InMemoryObjectStore()


@pytest.fixture
def upload(store):
    return store.upload("key", content_type="", download_name="")


def unpack(body, packing):
    if packing is Compression.GZIP:
        return gzip.decompress(body)
    return pa.CompressedInputStream(pa.BufferReader(body), "zstd").read() if packing else body


@pytest.mark.parametrize("packing", [None, *Compression])
def test_what_is_written_arrives_packed_and_whole(store, upload, packing):
    stream = UploadStream(upload, packing=packing)
    for number in range(1000):
        stream.write(b"line %d\r\n" % number)
    stream.finish()
    upload.commit()
    assert unpack(store.objects["key"].body, packing) == b"".join(b"line %d\r\n" % number for number in range(1000))


@pytest.mark.parametrize("packing", [None, *Compression])
def test_closing_a_stream_neither_completes_the_file_nor_publishes_it(store, upload, packing):
    stream = UploadStream(upload, packing=packing)
    stream.write(b"half of it")
    stream.close()
    del stream
    assert store.objects == {}
    if packing:
        assert upload.size_bytes < len(b"half of it")


def test_a_stopped_stream_takes_nothing_more(upload):
    stream = UploadStream(upload)
    stream.stop()
    with pytest.raises(InterruptedError):
        stream.write(b"x")


def test_the_first_error_of_the_upload_is_remembered(store, upload):
    stream = UploadStream(upload)
    store.error = ObjectStoreUnavailable()
    with pytest.raises(ObjectStoreUnavailable):
        stream.write(b"x")
    assert stream.error is store.error


def test_the_file_system_has_one_file_that_is_written_once_and_never_read(upload):
    filesystem = UploadFileSystem()
    filesystem.stream = stream = UploadStream(upload)
    assert filesystem.open(UPLOAD_URL, "wb") is stream
    with pytest.raises(FileNotFoundError):
        filesystem.open(UPLOAD_URL, "wb")
    filesystem.stream = stream
    with pytest.raises(FileNotFoundError):
        filesystem.open(UPLOAD_URL, "rb")
    assert not filesystem.exists(UPLOAD_URL)
