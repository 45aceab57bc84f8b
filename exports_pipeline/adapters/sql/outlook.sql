-- What one more job of a requester and a format has to expect: the wait by fair share, and how long such jobs took.
-- Grain: one row. Parameters: requester (uuid), format (text), slots (int).
SELECT wait_s, jobs, mean_s, mean_rows, fixed_s, row_s FROM queue_outlook(:requester, :format, :slots)
