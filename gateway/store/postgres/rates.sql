-- name: source_rates
SELECT source, sum(events)::bigint, sum(duplicates)::bigint, sum(rejections)::bigint FROM (
    SELECT source, count(*) AS events, 0 AS duplicates, 0 AS rejections
    FROM (SELECT source FROM events WHERE seq >= $1 ORDER BY seq DESC LIMIT $4) AS e GROUP BY source
    UNION ALL
    SELECT source, 0, count(*), 0
    FROM (SELECT source FROM duplicates WHERE seq >= $2 ORDER BY seq DESC LIMIT $4) AS d GROUP BY source
    UNION ALL
    SELECT source, 0, 0, count(*)
    FROM (SELECT source FROM rejections WHERE seq >= $3 ORDER BY seq DESC LIMIT $4) AS r GROUP BY source
) AS counted
GROUP BY source ORDER BY source;

-- name: subscription_rates
SELECT subscription, count(*), count(*) FILTER (WHERE state = 'succeeded'),
       count(*) FILTER (WHERE state = 'pending' AND (last_error IS NOT NULL OR last_status IS NOT NULL)),
       count(*) FILTER (WHERE state = 'dead')
FROM (
    SELECT subscription, state, last_error, last_status FROM deliveries
    WHERE seq >= $1 ORDER BY seq DESC LIMIT $2
) AS counted
GROUP BY subscription ORDER BY subscription;
