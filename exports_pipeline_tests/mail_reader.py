"""What a mail program makes of an e-mail's bytes."""

from email import message_from_bytes
from email.policy import default

from exports_pipeline_tests.contracts.sender_contract import Arrived


def read_mail(content: bytes) -> Arrived:
    """Its subject, text, page and files."""
    mail = message_from_bytes(content, policy=default)
    text, html = (
        mail.get_body((kind,)).get_content().replace("\r\n", "\n").removesuffix("\n") for kind in ("plain", "html")
    )
    files = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    return Arrived(id=mail["X-Delivery-Id"], subject=mail["Subject"], text=text, html=html, files=files)
