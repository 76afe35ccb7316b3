"""Jobs: begin them, look at them, stop and forget them, and let others look at a comparison."""

import secrets
from typing import Any

from fastapi import APIRouter
from sqlalchemy.exc import IntegrityError, NoResultFound

from ligeia.server import deletion, jobs, sounds
from ligeia.server.commands import command_of
from ligeia.server.jobs import TooManyJobs
from ligeia.server.limits import check_results, most_samples
from ligeia.server.logs import log
from ligeia.server.problems import Refusal, not_found
from ligeia.server.routes.refusals import READING, WRITING, refusals
from ligeia.server.schemas import Extend, Job, NewJob, Problem, Result, Score, Shared, Sound
from ligeia.server.scoring import MOST_VALUES
from ligeia.server.service import MAY_WRITE, Owner, Service, Serving, Visitor

router = APIRouter(prefix="/api/jobs")


@router.post(
    "",
    operation_id="addJob",
    status_code=202,
    responses=WRITING | refusals(404, 422, 507),
    dependencies=[MAY_WRITE],
)
def add_job(job: NewJob, service: Serving, session: Owner) -> Job:
    """Queue what is to be done with a recording."""
    engine, limits = service.engine, service.settings
    sound = sounds.one(engine, session, job.sound)
    estimate = sounds.one(engine, session, job.settings.estimate) if isinstance(job.settings, Score) else None
    _check_goes(job, sound, estimate)
    check_results(engine, limits, session, _values(job, sound, most_samples(limits)))
    other = estimate.name if estimate else ""
    command = command_of(job.settings, sound.name, other, is_stream=sound.format == "lig")
    settings = job.settings.model_dump()
    try:
        id = jobs.add(engine, session, sound.id, job.settings.task, settings, command, limits)
    except TooManyJobs as error:
        service.metrics.refused.labels("too_many_jobs").inc()
        detail = f"{limits.max_waiting} jobs at a time are allowed: wait until one of them is done."
        raise Refusal(429, detail, "too_many_jobs", Retry_After="2") from error
    except (IntegrityError, NoResultFound) as error:  # forgotten since
        raise not_found() from error
    log("queued", session=session, job=id, task=job.settings.task)
    return _mine(service, session, id)


def _check_goes(job: NewJob, sound: Sound, estimate: Sound | None) -> None:
    for one in (sound, estimate) if estimate is not None else ():
        if one.seconds * one.rate * one.channels > MOST_VALUES:
            most = MOST_VALUES / (one.rate * one.channels)
            detail = f"{one.name} is too long to be compared: at its rate and channels, {most:,.0f} s are the most."
            raise Refusal(413, detail)
    if isinstance(job.settings, Extend) and job.settings.rate <= sound.rate:
        detail = f"The recording has {sound.rate:,} Hz already: choose a higher rate than that."
        raise Refusal(422, detail, "not_higher")


def _values(job: NewJob, sound: Sound, most: int) -> int:
    """Return how many samples the result has over all channels; refuse more than a recording may have."""
    rate = job.settings.rate if isinstance(job.settings, Extend) else sound.rate
    values = round(sound.seconds * rate * sound.channels)
    if values > most:
        raise Refusal(413, f"The result would have {values:,} samples in all; {most:,} are the most.")
    return values


def _mine(service: Service, session: str | None, id: str) -> Job:
    row = jobs.one(service.engine, session, id) if session is not None and sounds.is_id(id) else None
    if row is None:
        raise not_found()
    return job_of(row)


def job_of(row: dict[str, Any]) -> Job:
    """Return a job as it goes over the wire."""
    error = Problem(code=row["error_code"], detail=row["error"] or "") if row["error_code"] else None
    results = [Result(**{name: result[name] for name in Result.model_fields}) for result in row["results"]]
    same = {name: row[name] for name in Job.model_fields if name not in ("error", "results")}
    return Job(**same, error=error, results=results)


@router.get("", operation_id="listJobs", responses=READING)
def list_jobs(service: Serving, session: Visitor) -> list[Job]:
    """Return the jobs of this session, the oldest first."""
    return [job_of(row) for row in jobs.of_session(service.engine, session)] if session else []


@router.get("/{id}", operation_id="getJob", responses=READING | refusals(404))
def get_job(id: str, service: Serving, session: Visitor) -> Job:
    """Return a job."""
    return _mine(service, session, id)


@router.post("/{id}/cancel", operation_id="cancelJob", responses=WRITING | refusals(404), dependencies=[MAY_WRITE])
def cancel_job(id: str, service: Serving, session: Owner) -> Job:
    """Stop a job that waits or runs; one that has ended stays as it is."""
    _mine(service, session, id)
    jobs.request_cancel(service.engine, session, id)
    log("cancel_asked", session=session, job=id)
    return _mine(service, session, id)


@router.delete(
    "/{id}", operation_id="deleteJob", status_code=204, responses=WRITING | refusals(404), dependencies=[MAY_WRITE]
)
def delete_job(id: str, service: Serving, session: Owner) -> None:
    """Stop a job if need be, and forget it with its files."""
    if not (sounds.is_id(id) and deletion.forget_job(service.engine, service.storage, session, id)):
        raise not_found()
    log("deleted", session=session, job=id)


@router.post("/{id}/share", operation_id="shareJob", responses=WRITING | refusals(404, 409), dependencies=[MAY_WRITE])
def share_job(id: str, service: Serving, session: Owner) -> Shared:
    """Return a token under which anybody may look at the job and its results, until it is taken back or expires."""
    job = _mine(service, session, id)
    if job.state != "done":
        raise Refusal(409, "Only what is done can be shared.", "not_done")
    token = job.shared or secrets.token_urlsafe(24)
    if token != job.shared and not jobs.share(service.engine, session, id, token):
        raise not_found()
    log("shared", session=session, job=id)
    return Shared(token=token)


@router.delete(
    "/{id}/share",
    operation_id="unshareJob",
    status_code=204,
    responses=WRITING | refusals(404),
    dependencies=[MAY_WRITE],
)
def unshare_job(id: str, service: Serving, session: Owner) -> None:
    """Take back the token of a job: nobody else may look at it any more."""
    _mine(service, session, id)
    jobs.share(service.engine, session, id, None)
    log("unshared", session=session, job=id)
