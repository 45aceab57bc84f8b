"""Messages as they would be sent."""

from pydantic import BaseModel, Field

from exports_pipeline.core.message import Wording


class MessagePreview(BaseModel):
    """What a message says."""

    subject: str = Field(description="One line.")
    text: str = Field(description="Plain text; mrkdwn for Slack.")
    html: str = Field(description="A page for mail; for Telegram, its few tags.")

    @classmethod
    def of(cls, wording: Wording) -> "MessagePreview":
        """The view of what a message says."""
        return cls(subject=wording.subject, text=wording.text, html=wording.html)
