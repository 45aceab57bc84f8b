"""The run worker over the jobs of dagster_trial."""

from exports_pipeline.celery_worker import worker_app
from exports_pipeline.settings import load_settings

broker_url = load_settings().broker_url
assert broker_url is not None
app = worker_app(broker_url.get_secret_value(), definitions="dagster_trial")
