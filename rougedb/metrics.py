"""A few numbers about the site in Prometheus' format: what waits, what was published, who is there."""

from collections.abc import Iterator

from django.contrib.auth.models import User
from django.db.models import Count, Min
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_ox.models import OxTask
from django_ox.stats import oldest_ready_age
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from corrections.models import UNDECIDED, Correction, Edition, State


class SiteCollector(Collector):
    """Reads the numbers from the database, so that it makes no difference which worker is asked."""

    def collect(self) -> Iterator[Metric]:
        counts = dict(Correction.objects.order_by().values_list("state").annotate(Count("pk")))
        corrections = GaugeMetricFamily("rougedb_corrections", "Corrections by state.", labels=["state"])
        for state in State:
            corrections.add_metric([str(state)], counts.get(state, 0))
        yield corrections

        oldest = Correction.objects.filter(state__in=UNDECIDED).aggregate(at=Min("created_at"))["at"]
        waited = (timezone.now() - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("rougedb_oldest_correction_seconds", "How long the oldest undecided one waits.", waited)

        edition = Edition.objects.values_list("number", flat=True).first() or 0
        yield GaugeMetricFamily("rougedb_edition", "Publications so far.", edition)
        counts = dict(OxTask.objects.order_by().values_list("status").annotate(Count("pk")))
        tasks = GaugeMetricFamily("rougedb_tasks", "Tasks for the worker by status.", labels=["status"])
        for status in (TaskResultStatus.READY, TaskResultStatus.RUNNING, TaskResultStatus.FAILED):
            tasks.add_metric([status], counts.get(status, 0))
        yield tasks
        late = oldest_ready_age()
        yield GaugeMetricFamily(
            "rougedb_oldest_task_seconds", "How long the oldest task waits.", late.total_seconds() if late else 0
        )
        yield GaugeMetricFamily("rougedb_accounts", "Active accounts.", User.objects.filter(is_active=True).count())


def registry() -> CollectorRegistry:
    made = CollectorRegistry(auto_describe=False)
    made.register(SiteCollector())
    return made
