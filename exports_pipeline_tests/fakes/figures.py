"""A ledger whose figures are given."""

from exports_pipeline.core.figures import Figures


class FakeFigures:
    """`FigureReader` that answers what it is told, or raises."""

    def __init__(self, figures: Figures | None = None) -> None:
        self.figures = figures or Figures()
        self.error: Exception | None = None

    def read(self) -> Figures:
        if self.error is not None:
            raise self.error
        return self.figures
