-- Ended jobs of people with habits: each habit is a dataset, a format, a destination, a list and a plan of one person, and
-- few habits make most of the jobs. Grain: one row per job, evenly over the days before noon.
INSERT INTO users (id, owner_key, created_at, seen_at) SELECT id, 'person ' || n, '{noon}', '{noon}' FROM people;
CREATE TEMP TABLE habits AS
SELECT habit, people.id AS person, people.n, 'dataset ' || habit % 12 AS dataset,
       CASE habit % 4 WHEN 0 THEN '{{}}'::text[] WHEN 1 THEN '{{finance}}' WHEN 2 THEN '{{finance,weekly}}'
                      ELSE '{{travel}}' END AS tags,
       (ARRAY['csv', 'csv', 'csv', 'xlsx', 'parquet', 'pdf'])[1 + habit / 12 % 6] AS format,
       (ARRAY['[]', '[]', '[]', '[{{"channel": "email", "address": "x"}}]', '[{{"channel": "sftp", "address": "x"}}]',
              '[{{"channel": "webhook", "address": "x"}}]', '[{{"channel": "slack", "address": "x"}}]',
              '[{{"channel": "telegram", "address": "x"}}]'])[1 + habit / 7 % 8]::jsonb AS recipients,
       CASE WHEN habit % 3 = 0 THEN jsonb_build_object('labels', jsonb_build_object(
           'list', 'list ' || habit / 3 % 25, 'plan', 'plan ' || habit / 3 % 10)) ELSE '{{}}' END AS labels
FROM generate_series(0, 1999) AS habit JOIN people ON people.n = habit % 200;
INSERT INTO export_jobs (
    id, type, status, attempt, forgiven, requester, owner_key, permissions, dataset, dataset_id, format, filters, options,
    recipients, metadata, progress, error_code, error_fault, error_sentence, created_at, due_at, dispatched_at, started_at,
    heartbeat_at, completed_at, expires_at, triggered_by, export_type, tag_summary, volume)
SELECT gen_random_uuid(), 'export', made.status, 1, 0, habit.person, 'person ' || habit.n, '{{}}', habit.dataset,
       md5(habit.dataset)::uuid, habit.format,
       '{{"start_date": null, "end_date": null, "account_ids": [], "tag_ids": [], "columns": []}}',
       '{{"timezone": "UTC", "compression": null}}', habit.recipients,
       jsonb_build_object('dataset', jsonb_build_object('id', md5(habit.dataset)::uuid, 'name', habit.dataset,
                                                        'title', habit.dataset))
           || habit.labels || CASE WHEN made.status = 'completed' THEN jsonb_build_object(
               'object_key', 'exports/' || habit.person || '/' || made.job || '/1/file.csv', 'download_name', 'file.csv',
               'row_count', made.size, 'file_size_bytes', made.size * 80, 'sha256', md5(made.job::text) || md5('x'),
               'columns', '[]'::jsonb) ELSE '{{}}' END,
       '{{}}', CASE WHEN made.status = 'failed' THEN (ARRAY['query_failed', 'query_too_large', 'internal_error'])
                   [1 + made.job % 3] END,
       CASE WHEN made.status = 'failed' THEN 'service' END, CASE WHEN made.status = 'failed' THEN 'It failed.' END,
       made.ended_at - interval '10 s', made.ended_at - interval '10 s', made.ended_at - interval '9 s',
       made.ended_at - made.took, made.ended_at, made.ended_at, made.ended_at + interval '1 day', 'api', 'manual',
       habit.tags, CASE WHEN made.status = 'completed' THEN made.size END
FROM (
    SELECT job, CASE WHEN dice < 0.94 THEN 'completed' WHEN dice < 0.98 THEN 'failed' ELSE 'cancelled' END AS status,
           timestamptz '{noon}' - job * (interval '1 day' * {days} / {jobs}) AS ended_at,
           interval '1 s' * 9 * random() AS took, (exp(14 * random()))::bigint AS size,
           floor(2000 * power(random(), 2))::integer AS habit
    FROM (SELECT job, random() AS dice FROM generate_series(1, {jobs}) AS job) AS thrown
) AS made JOIN habits AS habit ON habit.habit = made.habit
