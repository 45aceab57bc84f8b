"""The errors of the service: what happened, whether trying again helps, and who can act."""

from enum import StrEnum


class Fault(StrEnum):
    """Who can mend an error."""

    REQUESTER = "requester"
    SERVICE = "service"


class ExportError(Exception):
    """Something went wrong in the export service."""

    code = "export_error"
    retryable = False
    fault = Fault.SERVICE

    def __init__(self, sentence: str | None = None, *, field: str | None = None) -> None:
        self.sentence = sentence or (type(self).__doc__ or "").strip()
        """What is wrong and what to do, for the requester; never a secret or a row's content."""
        self.field = field
        """The field of the request that is at fault, as a client spells it."""
        super().__init__(self.sentence)


class RequestError(ExportError):
    """The request cannot be met as it stands."""

    code = "invalid_request"
    fault = Fault.REQUESTER


class InvalidCatalog(ExportError):
    """The catalogue does not fit the warehouse."""

    code = "invalid_catalog"


class AuditLogDamaged(ExportError):
    """The audit log is not what was sealed; run `exports audit verify`."""

    code = "audit_log_damaged"


class InvalidBranding(ExportError):
    """The branding file cannot be followed."""

    code = "invalid_branding"


class InvalidMetrics(ExportError):
    """The file of metrics cannot be followed."""

    code = "invalid_metrics"


class InvalidCampaigns(ExportError):
    """The file that says what campaigns are told by cannot be followed."""

    code = "invalid_campaigns"


class InvalidMessageTemplate(ExportError):
    """A message template cannot be followed."""

    code = "invalid_message_template"


class WarehouseBusy(ExportError):
    """Another process writes to the warehouse at this moment; the export is tried again."""

    code = "warehouse_busy"
    retryable = True


class WarehouseUnavailable(ExportError):
    """The warehouse cannot be opened; the operator must look at EXPORTS_WAREHOUSE."""

    code = "warehouse_unavailable"
    retryable = True


class QueryFailed(ExportError):
    """The warehouse could not answer the query of this dataset; the operator must look at its definition."""

    code = "query_failed"


class SpillDiskFull(ExportError):
    """The disk that large exports spill to is full; the operator must make room, and the export is tried again."""

    code = "spill_disk_full"
    retryable = True


class RowCountChanged(ExportError):
    """The number of rows written differs from the number of rows selected; nothing was published."""

    code = "row_count_changed"
    retryable = True


class ObjectStoreUnavailable(ExportError):
    """The object store did not take or give the file; the export is tried again."""

    code = "object_store_unavailable"
    retryable = True


class ObjectStoreMisconfigured(ExportError):
    """The object store refuses us; the operator must look at the bucket and the credentials."""

    code = "object_store_misconfigured"
    retryable = True


class BucketMissing(ObjectStoreMisconfigured):
    """The bucket of the exports does not exist; create it with `exports setup-bucket`."""

    code = "bucket_missing"


class CredentialsExpired(ObjectStoreMisconfigured):
    """Our credentials for the object store have expired; the operator must renew them."""

    code = "credentials_expired"


class ClockSkewed(ObjectStoreUnavailable):
    """Our clock and that of the object store differ too much; the operator must set ours, then it is tried again."""

    code = "clock_skewed"


class LedgerUnavailable(ExportError):
    """The database of the service does not answer; try again in a few seconds."""

    code = "ledger_unavailable"
    retryable = True


class RunsUnavailable(ExportError):
    """Dagster does not answer; the export stays queued and starts as soon as it does."""

    code = "runs_unavailable"
    retryable = True


class LaunchRefused(ExportError):
    """Dagster refused to launch the run; the operator must look at the code location."""

    code = "launch_refused"
    retryable = True


class LaunchLost(ExportError):
    """A run was launched but never began."""

    code = "launch_lost"
    retryable = True


class WorkerLost(ExportError):
    """The worker that ran the export vanished."""

    code = "worker_lost"
    retryable = True


class LostClaim(ExportError):
    """The attempt no longer owns its export job; whatever it did is thrown away."""

    code = "lost_claim"


class InternalError(ExportError):
    """Something unforeseen went wrong on our side; the operators see it in the run's log."""

    code = "internal_error"
    retryable = True


class DeliveryRefused(ExportError):
    """The recipient or the channel refuses the message for good."""

    code = "delivery_refused"


class RecipientGone(DeliveryRefused):
    """The recipient does not want messages any more, or is not there any more."""

    code = "recipient_gone"


class DeliveryUnavailable(ExportError):
    """The channel did not take the message this time."""

    code = "delivery_unavailable"
    retryable = True

    def __init__(self, sentence: str | None = None, *, retry_after_s: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s
        """For how long the channel wants to be left alone, where it says so."""


class TargetForbidden(DeliveryRefused):
    """Messages may not go there: the address is private, or its domain is not on the list."""

    code = "target_forbidden"
    fault = Fault.REQUESTER


class NotConfigured(ExportError):
    """A setting is missing; the operator must look at the environment."""

    code = "not_configured"
