/* [study], [explore] and [chaos]: what others than `run` look at too. */
#include "scenario/reading.h"

#include "session-race/sweep-row.h"

#define STUDY "[client alice]\n[client bob]\n[study]\n"

#define RANGE_FORM "a range is written A..B step C, such as 0ms..500ms step 50ms or 2..20 step 2"

/* clang-format off */
static const struct reading rows[] = {
    { "a study of everything",
      STUDY "seeds = 1..100\nvary network.loss = 0% | 1% | 5%\nvary client bob.start = 0ms | uniform(0ms, 10ms)\n"
            "vary server.leeway = 0s | 1s\nvary token-provider.clock-offset = 0s | 2s\n"
            "zip = server.leeway, token-provider.clock-offset\n"
            "require = rate(key-found) < 0.1%, p99(time-to-collaborate) <= 1s\n", "", NULL },
    { "seeds that are no range", STUDY "seeds = 100\n", "4:9: '100' is not a range of seeds [write the first and the last, such as 1..1000]", NULL },
    { "more seeds than anybody runs", STUDY "seeds = 0..1000000000000\n", "4:9: more than 1000000000000 seeds", NULL },
    { "seeds backwards", STUDY "seeds = 5..4\n", "4:9: the first seed is greater than the last", NULL },
    { "a varied value goes through its key's check", STUDY "vary network.loss = 0% | 100% | 1\n",
      "4:26: '100%' must be less than 100%\n4:33: '1' needs a unit: %", NULL },
    { "a varied value that is missing", STUDY "vary network.loss = 0% | | 1%\n", "4:26: a value is missing", NULL },
    { "ranges", STUDY "vary network.latency = 0ms..500ms step 50ms | 1s\nvary encryption-provider.retention = last(2..20 step 2) | forever\n"
      "vary network.loss = 0% | 1%..5% step 0.5%\nvary server.clock-offset = -1s..1s step 500ms\n"
      "vary document d.content = 1KiB..1MiB step 1023KiB\nvary chaos.crash = 1/h..1/min step 59/h\n", "", NULL },
    { "a range without a step", STUDY "vary network.latency = 0ms..500ms | 1s\n",
      "4:24: the range '0ms..500ms' has no step [" RANGE_FORM "]", NULL },
    { "a range with another word", STUDY "vary network.latency = 0ms..500ms by 50ms\n",
      "4:24: the range '0ms..500ms' has no step [" RANGE_FORM "]", NULL },
    { "a step without a length", STUDY "vary network.latency = 0ms..500ms step\n",
      "4:35: the length of the step is missing [" RANGE_FORM "]", NULL },
    { "a range without an end", STUDY "vary network.latency = 0ms.. step 1ms\nvary network.rto = ..1s step 1ms\n",
      "4:24: an end of the range is missing [" RANGE_FORM "]\n5:20: an end of the range is missing [" RANGE_FORM "]", NULL },
    { "a step of zero", STUDY "vary network.latency = 0ms..500ms step 0ms\n",
      "4:40: the step of a range cannot be 0 [" RANGE_FORM "]", NULL },
    { "a step of the wrong sign", STUDY "vary network.latency = 0ms..500ms step -50ms\nvary network.rto = 9s..1s step 2s\n",
      "4:40: a step of -50ms does not lead from 0ms to 500ms [did you mean 'step 50ms'?]\n"
      "5:32: a step of 2s does not lead from 9s to 1s [did you mean 'step -2s'?]", NULL },
    { "a range that does not end on a step", STUDY "vary network.latency = 0ms..100ms step 30ms\nvary network.rto = 9s..1s step -5s\n",
      "4:29: the range does not end on a step: 100ms is not one of its values [end the range at 90ms, which is the last value before it]\n"
      "5:24: the range does not end on a step: 1s is not one of its values [end the range at 4s, which is the last value before it]", NULL },
    { "a range of too many values", STUDY "vary network.latency = 0ms..2s step 1us\n",
      "4:24: the range has too many values: the varied keys take at most 2000000 in all [take a longer step]", NULL },
    { "ranges of too many combinations", STUDY "vary network.latency = 0ms..1s step 1ms\nvary network.rto = 1ms..1s step 1ms\n",
      "3:2: more than 1000000 combinations of varied values", NULL },
    { "a range of numbers without their unit", STUDY "vary network.latency = 0..500ms step 50ms\nvary network.loss = 0%..1 step 0.5%\n",
      "4:24: '0' needs a unit: ns, us, ms, s, min, h, d\n5:25: '1' needs a unit: %", NULL },
    { "a range of durations without any unit", STUDY "vary network.latency = 1..5 step 1\n",
      "4:24: '1' needs a unit: ns, us, ms, s, min, h, d", NULL },
    { "a range of what is no number", STUDY "vary scenario.ties = fifo..seeded step 1\n",
      "4:22: 'fifo' is not a whole number [" RANGE_FORM "]", NULL },
    { "a value of a range goes through its key's check", STUDY "vary server.leeway = 0s..1s step 500ms\nvary network.loss = 90%..100% step 5%\n"
      "vary network.rto = -1s..1s step 1s\n",
      "4:22: 'leeway' must be whole seconds [the times in a token are whole seconds]\n"
      "5:21: '100%' must be less than 100%\n"
      "6:20: '-1s' is negative; a duration here is not", NULL },
    { "two ranges in one value", STUDY "vary network.latency = uniform(0ms..5ms step 1ms, 5ms..9ms step 1ms)\n",
      "4:49: a value holds one range [vary two keys, or write a list of values]", NULL },
    { "an override with a range", STUDY, "--set: the step of a range cannot be 0 [" RANGE_FORM "]", "study.vary client bob.start=1ms..2ms step 0ms" },
    { "an unknown varied key", STUDY "vary network.los = 0%\n",
      "4:14: unknown key 'los' in [network] [did you mean 'loss'?]", NULL },
    { "an unknown varied group", STUDY "vary netwrok.loss = 0%\n", "4:6: unknown group [netwrok] [did you mean 'network'?]", NULL },
    { "no key at all", STUDY "vary network = 0%\n",
      "4:6: 'network' names no group and key [write GROUP.KEY, such as server.leeway or 'client bob.start']", NULL },
    { "nothing to vary", STUDY "vary = 0%\n", "4:1: unknown key 'vary' in [study] [varied keys are written 'vary GROUP.KEY']", NULL },
    { "an unknown varied client", STUDY "vary client bbo.start = 0ms\n", "4:6: the file has no [client bbo]", NULL },
    { "a link between two clients' ends is a link", STUDY "vary link bob server.latency = 1ms | 2ms\n", "", NULL },
    { "the seed is not varied", STUDY "vary scenario.seed = 1 | 2\n",
      "4:6: 'scenario.seed' cannot be varied ['seeds' in [study] says which seeds are run]", NULL },
    { "a title is not varied", STUDY "vary scenario.title = a | b\n", "4:6: 'scenario.title' cannot be varied", NULL },
    { "a study is not varied", STUDY "vary study.seeds = 1..2 | 3..4\n", "4:6: 'study.seeds' cannot be varied", NULL },
    { "a key varied twice", STUDY "vary link bob server.loss = 0%\nvary link server bob.loss = 1%\n",
      "5:6: 'link bob server.loss' is varied twice", NULL },
    { "a zip of keys that are not varied", STUDY "vary network.loss = 0%\nzip = network.loss, network.rto\n",
      "5:21: 'network.rto' is not varied here", NULL },
    { "a zip of one", STUDY "vary network.loss = 0%\nzip = network.loss\n", "5:7: 'zip' names at least two keys", NULL },
    { "a zip of unequal lengths", STUDY "vary network.loss = 0% | 1%\nvary network.rto = 1s\nzip = network.loss, network.rto\n",
      "6:21: 'network.rto' takes 1 values, 'network.loss' takes 2 [keys that go together take as many values each]", NULL },
    { "a zip of the same", STUDY "vary network.loss = 0% | 1%\nzip = network.loss, network.loss\n",
      "5:21: 'network.loss' comes twice", NULL },
    { "a threshold that is none", STUDY "require = often\n",
      "4:11: 'often' is not a threshold [write clients(locked-out) < 0.1%, runs(key-found) < 0.1% or p99(time-to-collaborate) < 1s]", NULL },
    { "a threshold of an unknown function", STUDY "require = p98(time-to-collaborate) < 1s\n",
      "4:11: 'p98' is not one of runs, clients, rate, mean, min, max, p50, p90, p95, p99, p99.9 [did you mean 'p90'?]", NULL },
    { "a threshold of an unknown check", STUDY "require = rate(key-fond) < 1%\n",
      "4:16: there is no share of runs 'key-fond' [did you mean 'key-found'? there are key-found, unexpected, locked-out, failed, "
      "raced, first-won, other-won, nobody-won, at-limit, orphaned, refused, locked-out(encryption), locked-out(jwt), locked-out(content), "
      "locked-out(client-update-required), locked-out(general), stuck, left, away, collaborated, one-winner, same-key, key-kept, "
      "previous-kept, hint-stable, waits, announced-once-established, key-secret, token-first, token-time, steps-in-order, nonce-unique, "
      "all-collaborate, nobody-stuck, provider-answers]", NULL },
    { "what a threshold may be of: any share of runs",
      STUDY "require = runs(unexpected) <= 0%, runs(raced) > 1%, runs(locked-out(jwt)) < 1%, runs(key-found) < 1%, rate(stuck) < 1%\n", "", NULL },
    { "… any outcome of clients", STUDY "require = clients(locked-out) < 1%, clients(locked-out( jwt)) < 1%\n",
      "4:45: there is no outcome of clients 'locked-out( jwt)' [did you mean 'locked-out(jwt)'? there are locked-out(jwt), locked-out, "
      "locked-out(encryption), locked-out(content), locked-out(client-update-required), locked-out(general), stuck, left, away, "
      "collaborated]", NULL },
    { "… any measure", STUDY "require = p99(key-age) < 1s, mean(token-left) > 2min, max(winner) < 1s\n", "", NULL },
    { "the nearest is first, however far it is", STUDY "require = clients(lockout) < 1%\n",
      "4:19: there is no outcome of clients 'lockout' [there are locked-out, locked-out(encryption), locked-out(jwt), "
      "locked-out(content), locked-out(client-update-required), locked-out(general), stuck, left, away, collaborated]", NULL },
    { "… or it has the text in it", STUDY "require = clients(jwt) < 1%\n",
      "4:19: there is no outcome of clients 'jwt' [there are locked-out(jwt), locked-out, locked-out(encryption), locked-out(content), "
      "locked-out(client-update-required), locked-out(general), stuck, left, away, collaborated]", NULL },
    { "a check is no outcome of clients", STUDY "require = clients(key-found) < 1%\n",
      "4:19: there is no outcome of clients 'key-found' [there are locked-out, locked-out(encryption), locked-out(jwt), "
      "locked-out(content), locked-out(client-update-required), locked-out(general), stuck, left, away, collaborated]", NULL },
    { "a threshold that is not closed", STUDY "require = runs(locked-out(jwt) < 1%\n",
      "4:11: 'runs(locked-out(jwt) < 1%' is not a threshold [write clients(locked-out) < 0.1%, runs(key-found) < 0.1% or p99(time-to-collaborate) < 1s]", NULL },
    { "a threshold of an unknown measure", STUDY "require = p99(time) < 1s\n",
      "4:15: there is no measure 'time' [there are time-to-collaborate, winner, rejected, orphan-kept, key-age, key-need, token-early, "
      "token-age, token-left]", NULL },
    { "a threshold without a comparison", STUDY "require = rate(waits) 1%\n",
      "4:23: a comparison with a value is missing [write clients(locked-out) < 0.1%, runs(key-found) < 0.1% or p99(time-to-collaborate) < 1s]", NULL },
    { "a threshold without a value", STUDY "require = rate(waits) <\n",
      "4:23: a comparison with a value is missing [write clients(locked-out) < 0.1%, runs(key-found) < 0.1% or p99(time-to-collaborate) < 1s]", NULL },
    { "a rate without unit", STUDY "require = rate(waits) < 1\n", "4:25: '1' needs a unit: %", NULL },
    { "a threshold that is missing", STUDY "require = rate(fail) < 1%,\n", "4:27: a threshold is missing in the list", NULL },
    { "an unknown key", STUDY "sedes = 1..2\n", "4:1: unknown key 'sedes' in [study] [did you mean 'seeds'?]", NULL },
    { "a key twice", STUDY "seeds = 1..2\nseeds = 1..2\n", "5:1: 'seeds' comes twice in [study]: first on line 4", NULL },
    { "an override replaces varied values", STUDY "vary network.loss = 0% | 200%\n", "", "study.vary network.loss=0%|1%" },
    { "an override varies one more", STUDY, "", "study.vary client bob.start = 1ms | 2ms" },
    { "an override's values are checked", STUDY, "--set: '2' needs a unit: ns, us, ms, s, min, h, d", "study.vary client bob.start = 1ms | 2" },

    { "an exploration of everything",
      "[client a]\n[explore]\nclients = 2\ncrashes = 1\ndisconnects = 2\noutages = 0\nexpirations = 3\nverdict = fail(waits)\n", "", NULL },
    { "an exploration's verdict is checked", "[client a]\n[explore]\nverdict = fial(waits)\n",
      "3:11: 'fial(waits)' is not a verdict [write 'pass', or 'fail(key-kept, key-found)': exactly these checks fail]", NULL },
    { "chaos of everything",
      "[client a]\n[chaos]\ncrash = 0.2/s\ndisconnect = 3/min\noutage = 1/h\nclock-step = 0/s\nuntil = 30s\nbudget = 4\n", "", NULL },
    { "more faults than a run can have", "[scenario]\nlimit = 10min\n[client a]\n[chaos]\ncrash = 300/s\noutage = 100/s\n",
      "4:2: about 120000 faults until 5min, and at most 100000 can be drawn [lower the rates or 'until', or set 'budget']", NULL },
    { "as many, and a budget", "[scenario]\nlimit = 10min\n[client a]\n[chaos]\ncrash = 300/s\noutage = 100/s\nbudget = 20\n", "", NULL },
    { "as many, and an earlier end", "[scenario]\nlimit = 10min\n[client a]\n[chaos]\ncrash = 300/s\noutage = 100/s\nuntil = 250s\n", "", NULL },
    { "a budget beyond all", "[client a]\n[chaos]\nbudget = 100001\n", "3:10: 'budget' must be at most 100000", NULL },
    { "chaos without unit", "[client a]\n[chaos]\ncrash = 0.2\n", "3:9: '0.2' needs a unit: /s, /min, /h", NULL },
};
/* clang-format on */

static void
their_lines_and_values_are_kept(void **state)
{
    g_autoptr(SrScenario) scenario = read_good(
        "[client a]\n[chaos]\ncrash = 60/min\n[explore]\nclients = 1\n[study]\nseeds = 01..9\n"
        "vary network.loss = 0.0% | 1.50%\nvary network.rto = 1000ms | 2s\nzip = network.rto, "
        "network.loss\n"
        "require = rate(waits)<1%,p99(time-to-collaborate) < 1000ms\n");
    g_autofree char *json = sr_scenario_resolved_json(scenario, false);

    (void) state;
    assert_int_equal(scenario->chaos.line, 2);
    assert_int_equal(scenario->explore.line, 4);
    assert_int_equal(scenario->study.line, 6);
    assert_non_null(strstr(
        json,
        "{\"chaos\":{\"budget\":\"unlimited\",\"clock-step\":\"none\",\"crash\":\"1/s\","));
    assert_non_null(strstr(json, "\"explore\":{\"clients\":\"1\",\"crashes\":\"0\","
                                 "\"disconnects\":\"0\",\"expirations\":\"0\","
                                 "\"outages\":\"0\",\"verdict\":\"pass\"}"));
    assert_non_null(strstr(json,
                           "\"study\":{\"require\":\"rate(waits) < 1%, "
                           "p99(time-to-collaborate) < 1s\",\"seeds\":\"1..9\","
                           "\"vary\":[{\"key\":\"network.loss\",\"values\":[\"0%\",\"1.5%\"]},"
                           "{\"key\":\"network.rto\",\"values\":[\"1s\",\"2s\"]}],"
                           "\"zip\":[\"network.rto\",\"network.loss\"]}"));
}

/* What each range of a table is written out as, and how it is written again. */
static void
ranges_are_written_out(void **state)
{
    static const struct {
        const char *key, *value, *values, *text;
    } ranges[] = {
        { "network.latency", "0ms..200ms step 50ms | 1s",
          "0ms;50ms;100ms;150ms;200ms;1s", "0ms..200ms step 50ms | 1s" },
        { "network.latency", "0.5s .. 1500ms step 500000us", "500ms;1s;1.5s",
          "500ms..1.5s step 500ms" },
        { "network.rto", "3s..1s step -1s", "3s;2s;1s", "3s..1s step -1s" },
        { "network.rto", "3s..3s step 1s", "3s", "3s..3s step 1s" },
        { "server.clock-offset", "-1s..1s step 1s", "-1s;0ms;1s", "-1s..1s step 1s" },
        { "token-provider.lifetime", "1min..2min step 30s", "1min;90s;2min",
          "1min..2min step 30s" },
        { "network.loss", "0% | 1.0%..2% step 0.5%", "0%;1%;1.5%;2%", "0% | 1%..2% step 0.5%" },
        { "client a.clock-drift", "-20ppm..20ppm step 20ppm", "-20ppm;0ppm;20ppm",
          "-20ppm..20ppm step 20ppm" },
        { "document d.content", "512KiB..1MiB step 256KiB", "512KiB;768KiB;1MiB",
          "512KiB..1MiB step 256KiB" },
        { "network.bandwidth", "unlimited | 1Mbit/s..2Mbit/s step 500kbit/s",
          "unlimited;1Mbit/s;1500kbit/s;2Mbit/s",
          "unlimited | 1Mbit/s..2Mbit/s step 500kbit/s" },
        { "chaos.crash", "0/s..1/s step 0.5/s", "0/s;0.5/s;1/s", "0/s..1/s step 0.5/s" },
        { "client a.count", "2..20 step 6", "2;8;14;20", "2..20 step 6" },
        { "encryption-provider.retention", "forever | for(1s..3s step 1s) | last(1..2 step 1)",
          "forever;for(1s);for(2s);for(3s);last(1);last(2)",
          "forever | for(1s..3s step 1s) | last(1..2 step 1)" },
        { "network.latency", "uniform(0ms, 2ms..4ms step 2ms) + 1ms",
          "uniform(0ms, 2ms) + 1ms;uniform(0ms, 4ms) + 1ms",
          "uniform(0ms, 2ms..4ms step 2ms) + 1ms" },
    };

    (void) state;
    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
        g_autofree char *text =
            g_strdup_printf("[client a]\n[document d]\n[chaos]\n[study]\nvary %s = %s\n",
                            ranges[i].key, ranges[i].value);
        g_autoptr(SrScenario) scenario = read_good(text);
        const SrVariedKey *varied = &g_array_index(scenario->study.varies, SrVariedKey, 0);
        g_autofree char *values = g_strjoinv(";", varied->values);

        assert_string_equal(values, ranges[i].values);
        assert_string_equal(varied->text, ranges[i].text);
        g_autofree char *out = sr_scenario_text(scenario, NULL), *json = json_of(text),
                        *again = json_of(out);

        assert_string_equal(again, json);
    }
}

static void
a_range_is_its_list(void **state)
{
    g_autofree char *range = json_of("[client a]\n[study]\nvary network.rto = 1s..3s step 1s\n"),
                    *list = json_of("[client a]\n[study]\nvary network.rto = 1s | 2s | 3s\n");

    (void) state;
    assert_string_equal(range, list);
}

/* All values of the longest range that a study takes are there, and a text with it is short. */
static void
a_long_range_is_written_short(void **state)
{
    g_autoptr(SrScenario) scenario =
        read_good("[client a]\n[study]\nvary network.latency = 1us..1s step 1us\n");
    g_autofree char *text = sr_scenario_text(scenario, NULL);

    (void) state;
    assert_int_equal(sr_study_n_points(scenario), 1000000);
    assert_non_null(strstr(text, "vary network.latency = 1us..1s step 1us\n"));
}

static void
their_values_are_in_the_structs(void **state)
{
    g_autoptr(SrScenario) scenario = read_good(
        "[client a]\n[chaos]\ncrash = 0.2/s\nclock-step = 1/min\nuntil = 20s\nbudget = 7\n"
        "[explore]\nclients = 1\ncrashes = 2\ndisconnects = 3\noutages = 4\nexpirations = 5\n"
        "verdict = fail(waits, key-found)\n[study]\nseeds = 5..9\n"
        "vary network.loss = 0.0% | 1.50% | 2%\n"
        "require = rate(key-found) < 0.1%, rate(fail) <= 1%, p99.9(time-to-collaborate) >= 1s, "
        "min(time-to-collaborate) > 2ms\n");
    const SrStudy *study = &scenario->study;
    const SrVariedKey *varied = &g_array_index(study->varies, SrVariedKey, 0);
    static const struct {
        SrStatistic statistic;
        uint32_t of;
        SrComparison comparison;
        uint64_t limit;
        const char *text;
    } thresholds[] = {
        { SR_STATISTIC_RUNS, SR_SHARE_CHECK + SR_CHECK_KEY_FOUND, SR_BELOW, SR_RATE_WHOLE / 1000,
          "rate(key-found) < 0.1%" },
        { SR_STATISTIC_RUNS, SR_SHARE_FAILED, SR_AT_MOST, SR_RATE_WHOLE / 100, "rate(fail) <= 1%" },
        { SR_STATISTIC_P999, SR_MEASURE_BOTH, SR_AT_LEAST, SR_NS_PER_S,
          "p99.9(time-to-collaborate) >= 1s" },
        { SR_STATISTIC_MIN, SR_MEASURE_BOTH, SR_ABOVE, 2 * SR_NS_PER_MS,
          "min(time-to-collaborate) > 2ms" },
    };

    (void) state;
    assert_int_equal(scenario->chaos.crash, 5 * SR_NS_PER_S);
    assert_true(scenario->chaos.disconnect == SR_TIME_NEVER);
    assert_true(scenario->chaos.outage == SR_TIME_NEVER);
    assert_int_equal(scenario->chaos.clock_step, 60 * SR_NS_PER_S);
    assert_int_equal(scenario->chaos.until, 20 * SR_NS_PER_S);
    assert_int_equal(scenario->chaos.budget, 7);
    assert_int_equal(scenario->explore.clients, 1);
    assert_int_equal(scenario->explore.crashes, 2);
    assert_int_equal(scenario->explore.disconnects, 3);
    assert_int_equal(scenario->explore.outages, 4);
    assert_int_equal(scenario->explore.expirations, 5);
    assert_true(scenario->explore.verdict_given);
    assert_int_equal(scenario->explore.verdict, SR_VERDICT_FAIL);
    assert_int_equal(scenario->explore.failed, 1u << SR_CHECK_WAITS | 1u << SR_CHECK_KEY_FOUND);
    assert_int_equal(study->first_seed, 5);
    assert_int_equal(study->last_seed, 9);
    assert_int_equal(study->varies->len, 1);
    assert_string_equal(varied->key, "network.loss");
    assert_int_equal(varied->n_values, 3);
    assert_string_equal(varied->values[1], "1.5%");
    assert_null(varied->values[3]);
    assert_int_equal(study->thresholds->len, G_N_ELEMENTS(thresholds));
    for (unsigned i = 0; i < G_N_ELEMENTS(thresholds); i++) {
        const SrThreshold *threshold = &g_array_index(study->thresholds, SrThreshold, i);

        assert_int_equal(threshold->statistic, thresholds[i].statistic);
        assert_int_equal(threshold->of, thresholds[i].of);
        assert_int_equal(threshold->comparison, thresholds[i].comparison);
        assert_int_equal(threshold->limit, thresholds[i].limit);
        assert_string_equal(threshold->text, thresholds[i].text);
    }
}

static void
a_scenario_without_them_has_their_defaults(void **state)
{
    g_autoptr(SrScenario) scenario = read_good("[client a]\n");

    (void) state;
    assert_true(scenario->chaos.crash == SR_TIME_NEVER);
    assert_true(scenario->chaos.clock_step == SR_TIME_NEVER);
    assert_true(scenario->chaos.until == SR_TIME_NEVER);
    assert_true(scenario->chaos.budget == UINT64_MAX);
    assert_int_equal(scenario->explore.clients, 0);
    assert_int_equal(scenario->explore.expirations, 0);
    assert_int_equal(scenario->explore.verdict, SR_VERDICT_PASS);
    assert_false(scenario->explore.verdict_given);
    assert_int_equal(scenario->study.first_seed, 1);
    assert_int_equal(scenario->study.last_seed, 1000);
    assert_int_equal(scenario->study.varies->len + scenario->study.thresholds->len, 0);
    assert_int_equal(sr_study_n_points(scenario), 1);
    g_autoptr(GPtrArray) point = sr_study_point(scenario, 0);

    assert_int_equal(point->len, 0);
}

static void
points_count_with_the_last_key_fastest(void **state)
{
    /* Two zipped keys around one that is not. */
    g_autoptr(SrScenario) scenario =
        read_good("[client a]\n[study]\nvary network.loss = 0% | 1%\n"
                  "vary client a.start = 1ms | 2ms | 3ms\nvary network.rto = 1s | 2s\n"
                  "zip = network.rto, network.loss\n");
    static const char *const want[] = {
        "network.loss=0%;client a.start=1ms;network.rto=1s",
        "network.loss=0%;client a.start=2ms;network.rto=1s",
        "network.loss=0%;client a.start=3ms;network.rto=1s",
        "network.loss=1%;client a.start=1ms;network.rto=2s",
        "network.loss=1%;client a.start=2ms;network.rto=2s",
        "network.loss=1%;client a.start=3ms;network.rto=2s",
    };

    (void) state;
    assert_int_equal(sr_study_n_points(scenario), G_N_ELEMENTS(want));
    for (unsigned i = 0; i < G_N_ELEMENTS(want); i++) {
        g_autoptr(GPtrArray) point = sr_study_point(scenario, i);

        g_ptr_array_add(point, NULL);
        g_autofree char *joined = g_strjoinv(";", (char **) point->pdata);

        assert_string_equal(joined, want[i]);
    }
}

/* What a sweep does: the file with a point's overrides is that point's scenario. */
static void
a_point_is_made_by_its_overrides(void **state)
{
    static const char text[] = "[client a]\n[study]\nvary client a.start = 1ms | 2ms\n"
                               "vary encryption-provider.retention = last(2) | for(1s)\n";
    g_autoptr(SrScenario) scenario = read_good(text);
    g_autoptr(GPtrArray) point = sr_study_point(scenario, 3);
    g_autoptr(SrDiagnostics) diagnostics = sr_diagnostics_new();
    g_autoptr(SrScenario) there =
        sr_scenario_parse_point("test.ini", text, strlen(text),
                                (const SrOverride *) point->pdata, point->len, diagnostics);

    (void) state;
    assert_non_null(there);
    assert_int_equal(g_array_index(there->clients, SrClientGroup, 0).start.floor,
                     2 * SR_NS_PER_MS);
    assert_int_equal(there->encryption_provider.retention, SR_RETENTION_FOR);
    assert_int_equal(there->study.varies->len, 0);
}

static void
points_have_a_limit(void **state)
{
    g_autoptr(GString) text = g_string_new(STUDY);
    g_autofree char *errors = NULL;

    (void) state;
    for (unsigned k = 0; k < 3; k++) {
        static const char *const keys[] = { "network.rto", "client alice.start",
                                            "client bob.start" };

        g_string_append_printf(text, "vary %s = 1ms", keys[k]);
        for (unsigned i = 2; i <= 101; i++)
            g_string_append_printf(text, " | %ums", i);
        g_string_append_c(text, '\n');
    }
    errors = errors_of(text->str, text->len, NULL);

    assert_string_equal(errors, "3:2: more than 1000000 combinations of varied values");
}

static void
an_override_alone_makes_a_study(void **state)
{
    const char *set = "study.seeds=1..2";
    g_autofree char *errors = NULL;
    g_autoptr(SrScenario) scenario = read_bytes("[client a]\n", 11, set, &errors);

    (void) state;
    assert_string_equal(errors, "");
    assert_int_equal(scenario->study.line, 1);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    const struct CMUnitTest more[] = {
        cmocka_unit_test(their_lines_and_values_are_kept),
        cmocka_unit_test(ranges_are_written_out),
        cmocka_unit_test(a_range_is_its_list),
        cmocka_unit_test(a_long_range_is_written_short),
        cmocka_unit_test(their_values_are_in_the_structs),
        cmocka_unit_test(a_scenario_without_them_has_their_defaults),
        cmocka_unit_test(points_count_with_the_last_key_fastest),
        cmocka_unit_test(a_point_is_made_by_its_overrides),
        cmocka_unit_test(points_have_a_limit),
        cmocka_unit_test(an_override_alone_makes_a_study),
    };

    READINGS(tests, rows);
    int failed = cmocka_run_group_tests_name("scenario study", tests, NULL, NULL);

    return (failed + cmocka_run_group_tests_name("scenario study, values", more, NULL, NULL)) !=
           0;
}
