"""What a request asks for that cannot be: errors that the requester can mend."""

from exports_pipeline.core.errors import RequestError


class UnknownDataset(RequestError):
    """There is no such dataset among those you may export; the list of datasets names them."""

    code = "unknown_dataset"


class UnknownColumn(RequestError):
    """The dataset has no such column."""

    code = "unknown_column"


class UnknownAccount(RequestError):
    """None of your rows has this account."""

    code = "unknown_account"


class UnknownTag(RequestError):
    """None of your rows has this tag."""

    code = "unknown_tag"


class UnknownTemplate(RequestError):
    """There is no such report template; the list of templates names them."""

    code = "unknown_template"


class InvalidParameter(RequestError):
    """The report template has no such parameter, needs one that is missing, or cannot take this value."""

    code = "invalid_parameter"


class InvalidQuestion(RequestError):
    """The report asks a column for what it cannot give, as the sum of a text."""

    code = "invalid_question"


class UnknownMetric(RequestError):
    """There is no such metric; the list of metrics names them."""

    code = "unknown_metric"


class UnknownDimension(RequestError):
    """The metric has no such dimension; the list of metrics names those it has."""

    code = "unknown_dimension"


class UnknownCampaign(RequestError):
    """There is no such campaign among yours; the list of campaigns names them."""

    code = "unknown_campaign"


class TooManyPoints(RequestError):
    """The series would have too many points; narrow the dates, or choose a coarser granularity."""

    code = "too_many_points"


class BeyondRetention(RequestError):
    """The range begins before the oldest events that are kept."""

    code = "beyond_retention"


class UnknownChannel(RequestError):
    """There is no such channel."""

    code = "unknown_channel"


class InvalidDestination(RequestError):
    """The channel cannot reach what is described here."""

    code = "invalid_destination"


class UnknownDestination(RequestError):
    """There is no such destination among yours; the list of destinations names them."""

    code = "unknown_destination"


class NameTaken(RequestError):
    """You have another of this name already; choose another name, or change that one."""

    code = "name_taken"


class UnknownDelivery(RequestError):
    """This export job has no such delivery."""

    code = "unknown_delivery"


class UnknownLink(RequestError):
    """There is nothing behind this link; look whether it was copied completely."""

    code = "unknown_link"


class LinkClosed(RequestError):
    """This link has expired or was closed; ask whoever sent it for a new one."""

    code = "link_closed"


class InvalidCron(RequestError):
    """This is no cron expression of five fields."""

    code = "invalid_cron"


class InvalidSchedule(RequestError):
    """The schedule cannot be as it is described here."""

    code = "invalid_schedule"


class UnknownSchedule(RequestError):
    """There is no such schedule among yours."""

    code = "unknown_schedule"


class UnknownUser(RequestError):
    """There is no such user."""

    code = "unknown_user"


class UnknownFormat(RequestError):
    """There is no such format."""

    code = "unknown_format"


class InvalidOption(RequestError):
    """The format has no such option, or not with this value."""

    code = "invalid_option"


class TooManyColumnsForFormat(RequestError):
    """The format does not take so many columns; choose fewer of them, or CSV or Parquet."""

    code = "too_many_columns_for_format"


class InvalidDateRange(RequestError):
    """The end date lies before the start date."""

    code = "invalid_date_range"


class UnknownTimezone(RequestError):
    """There is no such time zone; write it as in the IANA database, as Europe/Prague."""

    code = "unknown_timezone"


class FilterNotSupported(RequestError):
    """The dataset has no column for this filter; leave the filter out."""

    code = "filter_not_supported"


class MalformedValue(RequestError):
    """A value has not the type of its column."""

    code = "malformed_value"


class UnknownExportJob(RequestError):
    """There is no such export job among yours."""

    code = "unknown_export_job"


class WrongStatus(RequestError):
    """The status of the export job does not allow this."""

    code = "wrong_status"


class NotCompleted(RequestError):
    """The export job has no file yet; wait until its status is completed."""

    code = "not_completed"


class SnapshotGone(RequestError):
    """The data or the definition of this result is no longer what it was; request a new export."""

    code = "snapshot_gone"


class NotKept(RequestError):
    """The rows of this result were not kept; request the export with the option keep_result."""

    code = "not_kept"


class ResultExpired(RequestError):
    """The file has expired and was deleted; request the export again."""

    code = "result_expired"


class IdempotencyKeyReused(RequestError):
    """The Idempotency-Key was used for a different request; choose a new key."""

    code = "idempotency_key_reused"


class IdempotencyKeyInFlight(RequestError):
    """A request with this Idempotency-Key is being answered at this moment; try again in a second."""

    code = "idempotency_key_in_flight"
    retryable = True


class QueueFull(RequestError):
    """Too many export jobs are waiting; request this one again when some of them have ended."""

    code = "queue_full"
    retryable = True

    def __init__(self, sentence: str | None = None, *, policy: str = "queue", limit: int = 0) -> None:
        super().__init__(sentence)
        self.policy = policy
        """Which limit was met: `queue-per-user` or `queue`."""
        self.limit = limit
        """How many jobs may wait under it."""


class InvalidToken(RequestError):
    """The bearer token is missing, expired or not signed by us; ask for a new one."""

    code = "invalid_token"


class UnknownKey(RequestError):
    """There is no such API key among yours."""

    code = "unknown_key"


class InvalidKey(RequestError):
    """An API key cannot be as it is described here."""

    code = "invalid_key"


class NotAllowed(RequestError):
    """Your token does not carry the permission for this."""

    code = "not_allowed"


class TooManyRowsForFormat(RequestError):
    """The result does not fit this format; choose CSV or Parquet, or narrow the filters."""

    code = "too_many_rows_for_format"


class QueryTooLarge(RequestError):
    """The export needs more memory or temporary disk than one may use; narrow the dates or choose fewer columns."""

    code = "query_too_large"


class TimeLimitExceeded(RequestError):
    """The export ran longer than one may; narrow the dates, or choose fewer columns or another format."""

    code = "time_limit_exceeded"

    def __init__(self, sentence: str | None = None, *, minutes: float | None = None) -> None:
        allowed = "" if minutes is None else f" (limit: {minutes:g} minutes)"
        super().__init__(sentence or f"{type(self).__doc__}".replace(";", f"{allowed};", 1))
