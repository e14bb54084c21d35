-- Some of everything, for questions. Ids and times are chosen so that each order and filter shows.
UPDATE masters SET name = 'master', active = 1, last_active = 1000 WHERE masterid = 1;
INSERT INTO masters VALUES (2, 'second', 0, 500);
INSERT INTO workers VALUES (1, 'worker-1', '{"admin":"ada","version":"4.3"}', 0, NULL, 0), (2, 'größe', '{}', 1, 'disk full', 1);
INSERT INTO projects VALUES (1, 'belfry', 'belfry', 'a tower', 'markdown', '<p>a tower</p>'), (2, 'barn', 'barn', NULL, NULL, NULL);
INSERT INTO builders VALUES (1, 'linux', 'on Linux', NULL, NULL, 1, '["fast","unix"]'), (2, 'mac os/x', NULL, NULL, NULL, NULL, '["unix"]'),
  (3, 'windows', NULL, NULL, NULL, 2, '[]');
INSERT INTO builder_masters (builderid, masterid) VALUES (1, 1), (2, 1), (2, 2);
INSERT INTO connected_workers VALUES (1, 1);
INSERT INTO configured_workers VALUES (1, 1, 1), (1, 2, 1), (2, 2, 2);
INSERT INTO schedulers VALUES (1, 'nightly', 1, 1), (2, 'idle', 0, NULL);
INSERT INTO changesources VALUES (1, 'poller', 1), (2, 'hooks', NULL);
INSERT INTO users VALUES (1, 'ada'), (2, 'grace');
INSERT INTO users_info VALUES (1, 'email', 'ada@example.org'), (1, 'git', 'Ada <ada@example.org>'), (2, 'git', 'Grace <grace@example.org>');
INSERT INTO patches VALUES (1, 1, 'src', 'ada', 'a try', CAST('+ä "quoted"' || char(10) AS BLOB), 1), (2, 0, NULL, 'grace', '', x'ff00', 0);
INSERT INTO sourcestamps VALUES (1, 'main', 'r1', 'git://r', 'belfry', '', NULL, 10), (2, 'main', 'r2', 'git://r', 'belfry', '', NULL, 20),
  (3, 'side', 'r3', 'git://r', 'belfry', '', NULL, 30), (4, NULL, NULL, 'git://r', '', 'lib', 1, 40), (5, 'main', 'r4', 'git://r', 'belfry', '', NULL, 50);
INSERT INTO changes VALUES
  (1, NULL, 'ada', NULL, 'first', '["a.c"]', 100, 'main', 'r1', NULL, NULL, 'git://r', 'belfry', '', '{"p":["w","Change"]}', 1),
  (2, 1, 'grace', 'ada', 'second', '["a.c","b.c"]', 90, 'main', 'r2', 'http://r/2', 'fix', 'git://r', 'belfry', '', '{"p":["v","Change"]}', 2),
  (3, NULL, 'ada', NULL, 'aside', '[]', 120, 'side', 'r3', NULL, NULL, 'git://r', 'belfry', '', '{}', 3),
  (4, 2, 'ada', NULL, 'third', '["c.c"]', 130, 'main', 'r4', NULL, NULL, 'git://r', 'belfry', '', '{}', 5);
INSERT INTO change_users VALUES (1, 1), (2, 2), (2, 1);
INSERT INTO buildsets VALUES (1, 'ext', 'why not', NULL, 100, 200, 0, NULL, NULL), (2, NULL, 'why', 1, 300, 400, 2, 1, 'triggered'),
  (3, NULL, 'aside', NULL, 500, NULL, NULL, NULL, NULL);
INSERT INTO buildset_sourcestamps VALUES (1, 1), (2, 5), (3, 3), (3, 4);
INSERT INTO buildset_properties VALUES (1, 'owner', '"ada"', 'Force Build Form'), (1, 'n', '7', 'x'), (2, 'owner', '"grace"', 'x');
INSERT INTO buildrequests VALUES (1, 1, 1, 0, 100, 0, 110, 1, 200, 0), (2, 2, 1, 5, 300, 1, 310, 1, 400, 2), (3, 3, 1, 5, 500, 0, 510, 1, NULL, NULL),
  (4, 3, 2, 1, 500, 0, NULL, NULL, NULL, NULL), (5, 3, 3, 0, 500, 0, NULL, NULL, 600, 6);
INSERT INTO lines VALUES (1, '[["git://r","main",""]]'), (2, 'another');
INSERT INTO builds VALUES (1, 1, 1, 1, 1, 1, 111, 190, 0, 'build successful', 0, 1), (2, 2, 1, 2, 1, 1, 311, 390, 4, 'failed compile', 2, 1),
  (3, 3, 1, 3, NULL, 1, 511, NULL, 0, 'building', NULL, 2), (4, 1, 2, 4, 2, 2, 400, 410, 0, 'warnings', 1, 2);
INSERT INTO build_properties VALUES (1, 'branch', '"main"', 'Build'), (1, 'numbers', '[1,2.50,{"a":null}]', 'x'), (2, 'branch', '"main"', 'Build');
INSERT INTO build_data VALUES (1, 'cov', x'00ff', 'coverage');
INSERT INTO orders VALUES (1, 1, 1, 'stop', 'no time', 120), (2, 3, NULL, 'cancel', 'no need', 520);
INSERT INTO steps VALUES (1, 0, 'worker_preparation', 1, 111, 111, 112, 'done', 0, '[]', 1),
  (2, 1, 'compile', 1, 113, NULL, 150, 'made "all"' || char(10), 0, '[{"name":"doc","url":"http://d/?a=b"}]', 0),
  (3, 2, 'test', 1, NULL, NULL, NULL, 'pending', NULL, '[]', 0), (4, 0, 'compile', 2, 311, NULL, 380, 'failed', 2, '[]', 0);
INSERT INTO logs (logid, name, slug, stepid, complete, num_lines, type) VALUES (1, 'stdio', 'stdio', 2, 1, 3, 's'), (2, 'a b', 'a_b', 2, 0, 0, 't');
