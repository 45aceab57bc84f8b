"""Listens to the Telegram bot."""

import dagster as dg

from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable
from exports_pipeline.core.ports import ExportPorts
from exports_pipeline.usecases.link_telegram import read_news


@dg.sensor(
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Links Telegram chats in which somebody invited pressed start, and forgets those that blocked the bot.",
)
def telegram_updates(context: dg.SensorEvaluationContext, ports: dg.ResourceParam[ExportPorts]) -> dg.SkipReason:
    """Reads what happened in the bot's chats since the last tick."""
    if ports.bot is None:
        return dg.SkipReason("No bot is set up.")
    try:
        offset, linked, forgotten = read_news(ports.bot, int(context.cursor or 0), ports=ports)
    except (DeliveryRefused, DeliveryUnavailable) as error:
        return dg.SkipReason(error.sentence)
    context.update_cursor(str(offset))
    return dg.SkipReason(f"{linked} linked, {forgotten} unlinked")
