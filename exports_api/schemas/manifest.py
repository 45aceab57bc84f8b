"""A manifest as clients see it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class ManifestFile(BaseModel):
    """A file of the result."""

    name: str = Field(description="Its name.")
    bytes: int = Field(description="Its size.")
    rows: int = Field(description="Rows in it.")
    sha256: str = Field(description="SHA-256 of its bytes, in hex.")


class ManifestColumn(BaseModel):
    """A column of the file; the totals are left out where the request switched them off."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(description="Its name.")
    type: str = Field(description="Its DuckDB type.")


class Manifest(BaseModel):
    """The receipt of a completed job; `docs/receipts.md` explains every member."""

    model_config = ConfigDict(extra="allow")

    manifest: str = Field(description="Version of this form.", examples=["exports-manifest/1"])
    job_id: UUID = Field(description="Id of the export job.")
    attempt: int = Field(description="The attempt that wrote the file.")
    made_at: datetime = Field(description="When, in UTC.")
    row_count: int = Field(description="Rows of the result.")
    files: list[ManifestFile] = Field(description="The files of the result.")
    columns: list[ManifestColumn] = Field(description="The columns of the file, in order.")
    complete: bool = Field(description="Whether every selected row and value is in the file.")
    remarks: list[str] = Field(description="What is not, if anything.")
    signature: dict[str, Any] | None = Field(None, description="`alg`, `kid`, `x` and `value`, in base64url.")


class Keys(BaseModel):
    """A JWK set."""

    keys: list[dict[str, str]] = Field(description="Ed25519 keys; empty where manifests are not signed.")
