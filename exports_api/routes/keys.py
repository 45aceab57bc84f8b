"""The public keys that manifests are checked with."""

from fastapi import APIRouter

from exports_api.access import PUBLIC
from exports_api.deps import Parts
from exports_api.routes.documented import problems_without_token
from exports_api.schemas.manifest import Keys

router = APIRouter(prefix="/.well-known", tags=["exports"])


@router.get(
    "/exports-signing-keys.json",
    dependencies=[PUBLIC],
    summary="Keys of the manifests",
    responses=problems_without_token(),
)
async def get_keys(parts: Parts) -> Keys:
    """The public keys of the manifests' signatures, as a JWK set (RFC 7517, RFC 8037)."""
    return Keys(keys=parts.ports.signer.public_keys if parts.ports.signer else [])
