"""Note in the audit log that another catalogue was loaded."""

import hashlib
import json

from exports_pipeline.core.audit_page import AuditFilter
from exports_pipeline.core.ledger import AuditEntry
from exports_pipeline.core.manifest import catalog_version
from exports_pipeline.core.origin import NOBODY
from exports_pipeline.core.ports import ExportPorts

_ACTION = "catalogue.loaded"


def note_catalog(ports: ExportPorts) -> bool:
    """Note the digests of the catalogue and of its datasets, unless the last process to start has loaded the same."""
    datasets = {each.name: catalog_version(each) for each in ports.catalog}
    digest = hashlib.sha256(json.dumps(datasets, sort_keys=True).encode()).hexdigest()
    last = next(iter(ports.chain.page(AuditFilter(limit=1, action=_ACTION))), None)
    known = dict(last.after or {}) if last else {}
    if known.get("digest") == digest:
        return False
    before = known.get("datasets", {})
    changed = {name for name in {*before, *datasets} if before.get(name) != datasets.get(name)}
    entry = AuditEntry(
        at=ports.clock(),
        actor=NOBODY,
        action=_ACTION,
        entity_type="catalogue",
        entity_id=digest,
        before={"digest": known["digest"]} if known else None,
        after={"digest": digest, "datasets": datasets},
        details={"changed": sorted(changed)},
    )
    ports.audit.record(entry)
    return True
