"""What went wrong over SSH, in the words of deliveries."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncssh

from exports_pipeline.core.errors import DeliveryRefused, DeliveryUnavailable


@contextmanager
def ssh_errors_told() -> Iterator[None]:
    """Say an error of SSH as one of ours: what to do, and never a secret."""
    try:
        yield
    except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
        raise DeliveryRefused(
            "The server's host key is not the one saved with this destination; ask its operator whether it was "
            "changed, and save the new one (ssh-keyscan shows it)."
        ) from error
    except (asyncssh.PermissionDenied, asyncssh.IllegalUserName) as error:
        raise DeliveryRefused("The server refuses the login; check user name and password or key.") from error
    except asyncssh.KeyImportError as error:
        raise DeliveryRefused(
            "The host key or the private key of this destination cannot be read; "
            "a key with a passphrase cannot be used."
        ) from error
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as error:
        raise DeliveryRefused("The folder does not exist on the server; have it made, or change it.") from error
    except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect) as error:
        raise DeliveryRefused(
            "The login may not write into this folder; have the server's operator allow it."
        ) from error
    except asyncssh.SFTPError as error:
        raise DeliveryUnavailable(f"The server did not take the file: {error.reason[:200]}.") from error
    except (TimeoutError, asyncssh.ChannelOpenError, asyncssh.DisconnectError, OSError) as error:
        raise DeliveryUnavailable("The server did not answer in time, or broke the connection off.") from error
