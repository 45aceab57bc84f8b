"""What a server imports: `uvicorn exports_api.main:app`."""

from exports_api.app import create_app
from exports_api.collector import calm
from exports_pipeline.adapters.logs import configure_logging
from exports_pipeline.settings import load_settings
from exports_pipeline.wiring import build_api_ports

configure_logging(load_settings().log_level)
ports, own = build_api_ports(load_settings())
app = create_app(ports, load_settings(), own=own, watch_every_s=1.0)
calm()
