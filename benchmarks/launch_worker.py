"""The run worker of the service over the jobs of launch_definitions."""

from exports_pipeline.celery_worker import worker_app
from exports_pipeline.settings import load_settings

broker_url = load_settings().broker_url
assert broker_url is not None, "EXPORTS_BROKER_URL is not set"
app = worker_app(broker_url.get_secret_value(), definitions="launch_definitions")
