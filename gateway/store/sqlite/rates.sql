-- name: sources
SELECT source, sum(events), sum(duplicates), sum(rejections) FROM (
    SELECT source, count(*) AS events, 0 AS duplicates, 0 AS rejections
    FROM (SELECT source FROM events WHERE seq >= :events ORDER BY seq DESC LIMIT :limit) GROUP BY source
    UNION ALL
    SELECT source, 0, count(*), 0
    FROM (SELECT source FROM duplicates WHERE seq >= :duplicates ORDER BY seq DESC LIMIT :limit) GROUP BY source
    UNION ALL
    SELECT source, 0, 0, count(*)
    FROM (SELECT source FROM rejections WHERE seq >= :rejections ORDER BY seq DESC LIMIT :limit) GROUP BY source
)
GROUP BY source ORDER BY source;

-- name: subscriptions
SELECT subscription, count(*), count(*) FILTER (WHERE state = 'succeeded'),
       count(*) FILTER (WHERE state = 'pending' AND (last_error IS NOT NULL OR last_status IS NOT NULL)),
       count(*) FILTER (WHERE state = 'dead')
FROM (
    SELECT subscription, state, last_error, last_status FROM deliveries
    WHERE seq >= :deliveries ORDER BY seq DESC LIMIT :limit
)
GROUP BY subscription ORDER BY subscription;
