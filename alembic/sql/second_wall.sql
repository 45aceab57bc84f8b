-- The functions of the second wall, for migration 0022. No parameters.
-- Those that see everybody's rows are SECURITY DEFINER: each answers one question, and of others tells figures alone.

-- Who acts, as the session says. Nobody, where it says nothing.
CREATE FUNCTION exports_me() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(nullif(current_setting('exports.users', true), '')::uuid[], '{}'::uuid[]);

-- Their owner key, which is the tenant of events.
CREATE FUNCTION exports_tenant() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('exports.tenant', true), '');

-- The owner key whose rows a dataset about the service is read for; only such a reader says it.
CREATE FUNCTION exports_owner() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('exports.owner', true), '');

-- Whether they have one of these permissions.
CREATE FUNCTION exports_may(VARIADIC wanted text[]) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(nullif(current_setting('exports.permissions', true), '')::text[] && wanted, false);

-- Whether whoever logged in is behind the wall, whatever role they have taken since.
CREATE FUNCTION exports_walled() RETURNS boolean LANGUAGE sql STABLE
RETURN pg_has_role(session_user, 'exports_api', 'usage') AND NOT pg_has_role(session_user, 'exports_pipeline', 'usage');

-- Whether something of this user may be told.
CREATE FUNCTION exports_tells(user_id uuid) RETURNS boolean LANGUAGE sql STABLE
RETURN NOT exports_walled() OR user_id = ANY (exports_me()) OR exports_may('MANAGE_EXPORTS');

-- The kinds of jobs of whoever acts, by which roll-ups are counted; asked once a statement, where policies would cost
-- a look at every kind.
CREATE FUNCTION exports_kinds() RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT ARRAY(
        SELECT id FROM job_kinds WHERE user_id = ANY (exports_me())
        UNION ALL
        SELECT id FROM job_kinds WHERE exports_owner() IS NOT NULL AND owner_key = exports_owner()
    )
$$;

-- The teams of whoever acts.
CREATE FUNCTION exports_teams() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT ARRAY(SELECT team_id FROM team_members WHERE user_id = ANY (exports_me()))
$$;

-- The place of one's own waiting job; strict, so that it costs nothing where there is nobody to place.
CREATE FUNCTION place_of_job(waiting_id uuid) RETURNS TABLE (place bigint, seconds float8)
LANGUAGE sql STABLE STRICT ROWS 1 SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT queue.place, queue.seconds FROM export_jobs AS job CROSS JOIN LATERAL place_in_queue(job.id) AS queue
    WHERE job.id = waiting_id AND exports_tells(job.requester)
$$;

-- How many export jobs wait, counted no further than the limits.
CREATE FUNCTION queue_counts(asker uuid, per_user integer, total integer) RETURNS TABLE (own bigint, everybody bigint)
LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT
        (SELECT count(*) FROM (
            SELECT 1 FROM export_jobs AS job
            WHERE job.requester = asker AND job.status = 'pending' AND job.dispatched_at IS NULL
                AND (SELECT exports_tells(asker))
            LIMIT per_user
        ) AS mine),
        (SELECT count(*) FROM (
            SELECT 1 FROM export_jobs AS job WHERE job.status = 'pending' AND job.dispatched_at IS NULL LIMIT total
        ) AS anybody)
$$;

-- What one more job of a requester and a format has to expect: the wait by fair share, and how long such jobs took.
-- Before it stand, of each requester, as many waiting jobs as have no later turn; with all slots taken, also one of
-- those that work has to end. The wait is in seconds of the mean of the recent jobs of any format.
CREATE FUNCTION queue_outlook(asker uuid, file_format text, slots bigint)
RETURNS TABLE (wait_s float8, jobs bigint, mean_s float8, mean_rows float8, fixed_s float8, row_s float8)
LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path FROM CURRENT AS $$
    WITH lines AS (
        SELECT waiting.requester, coalesce(busy.jobs, 0) AS busy,
               (SELECT count(*) FROM export_jobs AS job
                WHERE job.requester = waiting.requester AND job.status = 'pending' AND job.dispatched_at IS NULL) AS jobs
        FROM waiting_requesters AS waiting
        LEFT JOIN busy_requesters AS busy ON busy.requester = waiting.requester
    ),
    mine AS (
        SELECT coalesce((SELECT busy + jobs FROM lines WHERE requester = told.id),
                        (SELECT jobs FROM busy_requesters WHERE requester = told.id), 0) AS jobs
        FROM (SELECT CASE WHEN exports_tells(asker) THEN asker END AS id) AS told
    ),
    before AS (
        SELECT coalesce(sum(least(lines.jobs, greatest(0, mine.jobs + 1 - lines.busy))), 0) AS jobs FROM mine, lines
    ),
    working AS (
        SELECT coalesce(sum(busy.jobs), 0) AS jobs FROM busy_requesters AS busy
    ),
    ended AS (
        SELECT format, volume, completed_at, extract(epoch FROM completed_at - started_at) AS seconds
        FROM export_jobs WHERE status = 'completed' ORDER BY completed_at DESC LIMIT 500
    ),
    lately AS (
        SELECT avg(seconds) AS seconds FROM (SELECT seconds FROM ended ORDER BY completed_at DESC LIMIT 50) AS latest
    ),
    alike AS (
        SELECT volume, seconds FROM ended WHERE format = file_format ORDER BY completed_at DESC LIMIT 50
    )
    SELECT CAST(CASE
               WHEN working.jobs + before.jobs < slots THEN 0
               ELSE coalesce(lately.seconds, 0) * (before.jobs + 1) / slots
           END AS float8),
           figures.jobs, figures.mean_s, figures.mean_rows, figures.fixed_s, figures.row_s
    FROM working, before, lately, (
        SELECT count(*) AS jobs,
               CAST(coalesce(avg(seconds), 0) AS float8) AS mean_s,
               CAST(coalesce(avg(volume), 0) AS float8) AS mean_rows,
               CAST(coalesce(regr_intercept(seconds, volume), 0) AS float8) AS fixed_s,
               CAST(coalesce(regr_slope(seconds, volume), 0) AS float8) AS row_s
        FROM alike
    ) AS figures
$$;

-- Whether one may send something to a person by their id.
CREATE FUNCTION is_active_user(user_id uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT EXISTS (SELECT FROM users WHERE users.id = user_id AND users.deactivated_at IS NULL)
$$;

-- Makes the partition of a month where it is missing; whether it was. The keys of its locks are 'make' in ASCII.
CREATE FUNCTION make_event_month(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    name text := 'analytics_events_' || to_char(month, 'YYYY_MM');
    since text := date_trunc('month', month::timestamp)::date || ' 00:00Z';
    until text := (date_trunc('month', month::timestamp) + interval '1 month')::date || ' 00:00Z';
BEGIN
    PERFORM pg_advisory_xact_lock(1835101029);
    IF EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'analytics_events'::regclass
                                         AND inhrelid = to_regclass(name)) THEN
        RETURN false;
    END IF;
    -- Made apart and attached: CREATE TABLE ... PARTITION OF would wait for all who read or write, and they for it.
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I (LIKE analytics_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                   name);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE analytics_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, since, until);
    RETURN true;
END $$;
