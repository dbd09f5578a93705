/* Values: what each type takes, its canonical text, and what it says of all else. */
#include "scenario/reading.h"

/* A row: one `key = value` of a group, and either its canonical text in the resolved form or
 * the error. The column of an error counts from the value's first character. */
static const struct row {
    const char *group, *key, *value;
    const char *canonical; /* NULL: an error */
    const char *error;
} rows[] = {
    /* clang-format off */
    { "scenario", "title", "A \"quoted\" title", "A \\\"quoted\\\" title", NULL },
    { "scenario", "seed", "18446744073709551615", "18446744073709551615", NULL },
    { "scenario", "seed", "007", "7", NULL },
    { "scenario", "seed", "18446744073709551616", NULL, "1: '18446744073709551616' is too large a number" },
    { "scenario", "seed", "-1", NULL, "1: '-1' is not a whole number" },
    { "scenario", "seed", "1.5", NULL, "1: '1.5' is not a whole number" },
    { "scenario", "seed", "0x10", NULL, "1: '0x10' is not a whole number" },
    { "scenario", "limit", "1min", "1min", NULL },
    { "scenario", "limit", "60000ms", "1min", NULL },
    { "scenario", "limit", "30d", "30d", NULL },
    { "scenario", "limit", "31d", NULL, "1: '31d' is more than 30 days" },
    { "scenario", "limit", "0ms", NULL, "1: 'limit' must be at least 1ns" },
    { "scenario", "limit", "60", NULL, "1: '60' needs a unit: ns, us, ms, s, min, h, d" },
    { "scenario", "limit", "60sec", NULL, "3: unknown unit 'sec' in '60sec'; the units are ns, us, ms, s, min, h, d [did you mean '60s'?]" },
    { "scenario", "limit", "1m", NULL, "2: unknown unit 'm' in '1m'; the units are ns, us, ms, s, min, h, d [did you mean '1min'?]" },
    { "scenario", "limit", "0.5ns", NULL, "1: '0.5ns' is finer than 1ns" },
    { "scenario", "limit", "-1s", NULL, "1: '-1s' is negative; a duration here is not" },
    { "scenario", "limit", "soon", NULL, "1: 'soon' is not a duration [a duration is a number and a unit, such as 250us, 40ms, 1.5s, 2min, 1h or 7d]" },
    { "scenario", "limit", "1 s", NULL, "1: '1 s' is not a duration [no blank between the number and its unit: 1s]" },
    { "scenario", "limit", "1.5\t sec", NULL, "1: '1.5\t sec' is not a duration [no blank between the number and its unit: 1.5s]" },
    { "scenario", "limit", "1 parsec", NULL, "1: '1 parsec' is not a duration [a duration is a number and a unit, such as 250us, 40ms, 1.5s, 2min, 1h or 7d]" },
    { "scenario", "limit", "1.2.3 s", NULL, "1: '1.2.3 s' is not a duration [a duration is a number and a unit, such as 250us, 40ms, 1.5s, 2min, 1h or 7d]" },
    { "scenario", "limit", "1s ; short", NULL, "1: '1s ; short' is not a duration [a comment begins with #]" },
    { "scenario", "limit", "1s // short", NULL, "1: '1s // short' is not a duration [a comment begins with #]" },
    { "scenario", "limit", "60Sec", NULL, "3: unknown unit 'Sec' in '60Sec'; the units are ns, us, ms, s, min, h, d [did you mean '60s'?]" },
    { "scenario", "epoch", "2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z", NULL },
    { "scenario", "epoch", "2023-02-29T00:00:00Z", NULL, "1: there is no instant '2023-02-29T00:00:00Z' [from 1970-01-01T00:00:00Z to 2099-12-31T23:59:59Z]" },
    { "scenario", "epoch", "2100-01-01T00:00:00Z", NULL, "1: there is no instant '2100-01-01T00:00:00Z' [from 1970-01-01T00:00:00Z to 2099-12-31T23:59:59Z]" },
    { "scenario", "epoch", "2023-06-01T00:00:60Z", NULL, "1: there is no instant '2023-06-01T00:00:60Z' [from 1970-01-01T00:00:00Z to 2099-12-31T23:59:59Z]" },
    { "scenario", "epoch", "2023-06-01T00:00:00+00:00", NULL, "1: '2023-06-01T00:00:00+00:00' is not an instant [write it in UTC, such as 2023-06-01T00:00:00Z]" },
    { "scenario", "epoch", "2023-06-01", NULL, "1: '2023-06-01' is not an instant [write it in UTC, such as 2023-06-01T00:00:00Z]" },
    { "scenario", "ties", "seeded", "seeded", NULL },
    { "scenario", "ties", "sedeed", NULL, "1: 'sedeed' is not one of fifo, seeded [did you mean 'seeded'?]" },
    { "scenario", "ties", "random", NULL, "1: 'random' is not one of fifo, seeded" },
    { "scenario", "ties", "fifo ; as scheduled", NULL, "1: 'fifo ; as scheduled' is not one of fifo, seeded [a comment begins with #]" },
    { "scenario", "crypto", "names", "names", NULL },

    { "network", "latency", "5ms", "5ms", NULL },
    { "network", "latency", "0ms", "0ms", NULL },
    { "network", "latency", "30 ms", NULL, "1: '30 ms' is not a duration [no blank between the number and its unit: 30ms]" },
    { "network", "latency", "uniform(1ms, 2 ms)", NULL, "14: '2 ms' is not a duration [no blank between the number and its unit: 2ms]" },
    { "network", "latency", "uniform( 1ms,2000us )", "uniform(1ms, 2ms)", NULL },
    { "network", "latency", "exponential(0.5ms)", "exponential(500us)", NULL },
    { "network", "latency", "normal(10ms, 0ms)", "normal(10ms, 0ms)", NULL },
    { "network", "latency", "lognormal(20ms, 20ms)", "lognormal(20ms, 20ms)", NULL },
    { "network", "latency", "pareto(1ms, 2ms)", "pareto(1ms, 2ms)", NULL },
    { "network", "latency", "280ms+exponential(10ms)", "280ms + exponential(10ms)", NULL },
    { "network", "latency", "1ms + 2ms + 3ms + 4ms", "1ms + 2ms + 3ms + 4ms", NULL },
    { "network", "latency", "1ms + 2ms + 3ms + 4ms + 5ms", NULL, "25: a sum has at most 4 summands" },
    { "network", "latency", "20d + 20d", NULL, "7: the sum is more than 30 days" },
    { "network", "latency", "uniform(2ms, 1ms)", NULL, "1: uniform(A, B) needs A no greater than B" },
    { "network", "latency", "uniform(2ms)", NULL, "1: write uniform(A, B)" },
    { "network", "latency", "uniform(1ms, 2ms, 3ms)", NULL, "1: write uniform(A, B)" },
    { "network", "latency", "uniform(1ms, )", NULL, "1: write uniform(A, B)" },
    { "network", "latency", "uniform()", NULL, "1: write uniform(A, B)" },
    { "network", "latency", "uniform(1ms, 2ms", NULL, "1: write uniform(A, B)" },
    { "network", "latency", "exponential 5ms", NULL, "1: write exponential(MEAN)" },
    { "network", "latency", "uniform(1ms, 2)", NULL, "14: '2' needs a unit: ns, us, ms, s, min, h, d" },
    { "network", "latency", "lognormal(0ms, 1ms)", NULL, "1: lognormal(MEDIAN, P99) needs a median above 0" },
    { "network", "latency", "lognormal(2ms, 1ms)", NULL, "1: lognormal(MEDIAN, P99) needs a P99 no less than the median" },
    { "network", "latency", "pareto(0ms, 1ms)", NULL, "1: pareto(MIN, MEDIAN) needs a minimum above 0" },
    { "network", "latency", "pareto(1ms, 1ms)", NULL, "1: pareto(MIN, MEDIAN) needs a median above the minimum" },
    { "network", "latency", "lognromal(1ms, 2ms)", NULL, "1: 'lognromal' is not a distribution [did you mean 'lognormal'?]" },
    { "network", "latency", "1ms + ", NULL, "6: a summand is missing [a distribution is a duration, uniform(A, B), exponential(MEAN), normal(MEAN, SD), lognormal(MEDIAN, P99), pareto(MIN, MEDIAN), empirical(\"FILE\"), mix(95% A, 5% B) or a sum of them]" },
    { "network", "latency", "mix(95% lognormal(20ms, 60ms), 5% uniform(1s, 2s))", "mix(95% lognormal(20ms, 60ms), 5% uniform(1s, 2s))", NULL },
    { "network", "latency", "mix( 50.50%  1ms+exponential(2ms),49.5%2000us ) + 3ms", "mix(50.5% 1ms + exponential(2ms), 49.5% 2ms) + 3ms", NULL },
    { "network", "latency", "mix(0.000001% 1s, 99.999999% 1ms)", "mix(0.000001% 1s, 99.999999% 1ms)", NULL },
    { "network", "latency", "mix(95% 1ms, 4.5% 2ms)", NULL, "14: the weights add up to 99.5%, not to 100% [with the others as they are, the last weight is 5%]" },
    { "network", "latency", "mix(60% 1ms, 30% 2ms, 20% 3ms)", NULL, "23: the weights add up to 110%, not to 100% [with the others as they are, the last weight is 10%]" },
    { "network", "latency", "mix(60% 1ms, 50% 2ms, 20% 3ms)", NULL, "23: the weights add up to 130%, not to 100%" },
    { "network", "latency", "mix(95% 1ms)", NULL, "5: the weights add up to 95%, not to 100% [a mixture has two parts or more: mix(95% A, 5% B)]" },
    { "network", "latency", "mix(100% 1ms)", NULL, "5: '100%' must be less than 100%" },
    { "network", "latency", "mix(99.9999999% 1ms, 0.0000001% 2ms)", NULL, "5: '99.9999999%' is finer than 0.000001%" },
    { "network", "latency", "mix(0% 1ms, 5% 2ms)", NULL, "5: a part of a mixture with the weight 0% is never drawn [leave it out]" },
    { "network", "latency", "mix(95 1ms, 5% 2ms)", NULL, "5: the weight '95' needs a percent sign: 95%" },
    { "network", "latency", "mix(95% 1ms, 2ms)", NULL, "14: '2ms' has no weight [each part of a mixture begins with its weight: mix(95% A, 5% B)]" },
    { "network", "latency", "mix(95% 1ms, 5%)", NULL, "14: a distribution is missing behind the weight 5% [a distribution is a duration, uniform(A, B), exponential(MEAN), normal(MEAN, SD), lognormal(MEDIAN, P99), pareto(MIN, MEDIAN), empirical(\"FILE\"), mix(95% A, 5% B) or a sum of them]" },
    { "network", "latency", "mix(95% 1ms, 5% mix(50% 2ms, 50% 3ms))", NULL, "17: a mixture cannot be a part of a mixture [write its parts beside the others, with the weights multiplied: mix(90% A, 5% B, 5% C)]" },
    { "network", "latency", "mix(95% 1ms, 5% uniform(2s, 1s))", NULL, "17: uniform(A, B) needs A no greater than B" },
    { "network", "latency", "mix(95% 1ms, 5% 2)", NULL, "17: '2' needs a unit: ns, us, ms, s, min, h, d" },
    { "network", "latency", "mix(95% 1ms,, 5% 2ms)", NULL, "1: write mix(95% A, 5% B)" },
    { "network", "latency", "mix()", NULL, "1: write mix(95% A, 5% B)" },
    { "network", "latency", "mix(5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 5% 1ms, 20% 1ms)", NULL, "133: a mixture has at most 16 parts" },
    { "network", "latency", "empirical(ping.csv)", NULL, "11: empirical needs a file's name in quotes: empirical(\"ping.csv\")" },
    { "network", "latency", "empirical(\"\")", NULL, "11: empirical needs a file's name in quotes: empirical(\"ping.csv\")" },
    { "network", "latency", "empirical(\"/etc/hostname\")", NULL, "11: '/etc/hostname' is not a file in or below the scenario's folder [samples are read in or below the scenario's folder only]" },
    { "network", "latency", "empirical(\"a/../../b\")", NULL, "11: 'a/../../b' is not a file in or below the scenario's folder [samples are read in or below the scenario's folder only]" },
    { "network", "latency", "empirical(\"no-such-file.csv\")", NULL, "11: cannot read 'no-such-file.csv': no such file" },
    { "network", "ordered", "no", "no", NULL },
    { "network", "ordered", "false", NULL, "1: 'false' is neither 'yes' nor 'no' [did you mean 'no'?]" },
    { "network", "ordered", "no // as on UDP", NULL, "1: 'no // as on UDP' is neither 'yes' nor 'no' [a comment begins with #]" },
    { "network", "ordered", "Yes", NULL, "1: 'Yes' is neither 'yes' nor 'no' [did you mean 'yes'?]" },
    { "network", "loss", "0.50%", "0.5%", NULL },
    { "network", "loss", "00.10%", "0.1%", NULL },
    { "network", "loss", "99.999999%", "99.999999%", NULL },
    { "scenario", "cut", "99.9000%", "99.9%", NULL },
    { "scenario", "cut", "0%", NULL, "1: '0%' must be more than 0% [99.9% keeps all but one draw in a thousand]" },
    { "scenario", "cut", "100%", NULL, "1: '100%' must be less than 100%" },
    { "scenario", "cut", "wide", NULL, "1: 'wide' is neither a percentage nor 'none'" },
    { "network", "loss", "100%", NULL, "1: '100%' must be less than 100%" },
    { "network", "loss", "0.0000001%", NULL, "1: '0.0000001%' is finer than 0.000001%" },
    { "network", "loss", "0.1", NULL, "1: '0.1' needs a unit: %" },
    { "network", "loss", "5ppm", NULL, "2: unknown unit 'ppm' in '5ppm'; the unit is %" },
    { "network", "loss", "5 %", NULL, "1: '5 %' is not a percentage [no blank between the number and its unit: 5%]" },
    { "network", "loss", ".5%", NULL, "1: '.5%' is not a percentage [a percentage is a number and '%', such as 1% or 0.01%]" },
    { "network", "loss", "5.%", NULL, "1: '5.%' is not a percentage [a percentage is a number and '%', such as 1% or 0.01%]" },
    { "network", "loss", "-1%", NULL, "1: '-1%' is not a percentage [a percentage is a number and '%', such as 1% or 0.01%]" },
    { "network", "rto", "1s", "1s", NULL },
    { "network", "bandwidth", "10Mbit/s", "10Mbit/s", NULL },
    { "network", "bandwidth", "1.5kbit/s", "1500bit/s", NULL },
    { "network", "bandwidth", "1000kbit/s", "1Mbit/s", NULL },
    { "network", "bandwidth", "unlimited", "unlimited", NULL },
    { "network", "bandwidth", "unlimted", NULL, "1: 'unlimted' is neither a bandwidth nor 'unlimited' [did you mean 'unlimited'?]" },
    { "network", "bandwidth", "10Mbps", NULL, "3: unknown unit 'Mbps' in '10Mbps'; the units are bit/s, kbit/s, Mbit/s, Gbit/s [did you mean '10Mbit/s'?]" },
    { "network", "bandwidth", "10mbit", NULL, "3: unknown unit 'mbit' in '10mbit'; the units are bit/s, kbit/s, Mbit/s, Gbit/s [did you mean '10Mbit/s'?]" },
    { "network", "bandwidth", "10 Mbit/s", NULL, "1: '10 Mbit/s' is not a bandwidth [no blank between the number and its unit: 10Mbit/s]" },
    { "network", "bandwidth", "10Mbit/s ; DSL", NULL, "3: unknown unit 'Mbit/s ; DSL' in '10Mbit/s ; DSL'; the units are bit/s, kbit/s, Mbit/s, Gbit/s [a comment begins with #]" },
    { "network", "bandwidth", "0bit/s", NULL, "1: 'bandwidth' must be at least 1bit/s" },
    { "network", "bandwidth", "0.5bit/s", NULL, "1: '0.5bit/s' is finer than 1bit/s" },
    { "network", "bandwidth", "1001Gbit/s", NULL, "1: 'bandwidth' must be at most 1000Gbit/s" },
    { "network", "bandwidth", "99999999999999999999Gbit/s", NULL, "1: '99999999999999999999Gbit/s' is more than any bandwidth can be" },
    { "network", "preset", "mobil", NULL, "1: 'mobil' is not one of lan, region, continent, intercontinental, mobile, satellite [did you mean 'mobile'?]" },

    { "document d", "content", "4096B", "4KiB", NULL },
    { "document d", "content", "1.5KiB", "1536B", NULL },
    { "document d", "content", "0KiB", "0B", NULL },
    { "document d", "content", "17MiB", NULL, "1: 'content' must be at most 16MiB" },
    { "document d", "content", "4kB", NULL, "2: unknown unit 'kB' in '4kB'; the units are B, KiB, MiB, GiB [did you mean '4KiB'?]" },
    { "document d", "content", "4 mb", NULL, "1: '4 mb' is not a size [no blank between the number and its unit: 4MiB]" },
    { "document d", "content", "4", NULL, "1: '4' needs a unit: B, KiB, MiB, GiB" },
    { "document d", "content", "0.5B", NULL, "1: '0.5B' is finer than one byte" },

    { "client c", "count", "0", NULL, "1: 'count' must be at least 1" },
    { "client c", "patience", "none", "none", NULL },
    { "client c", "patience", "90s", "90s", NULL },
    { "client c", "patience", "never", NULL, "1: 'never' is neither a duration nor 'none'" },
    { "client c", "key-retry", "3  times from 1s to  2000ms", "3 times from 1s to 2s", NULL },
    { "client c", "key-retry", "unlimited from 1s to 1s", "unlimited from 1s to 1s", NULL },
    { "client c", "key-retry", "none", "none", NULL },
    { "client c", "key-retry", "0 times from 1s to 2s", NULL, "1: 'key-retry' must be at least 1" },
    { "client c", "key-retry", "often", NULL, "1: 'often' does not say when to try again [write 'none', '5 times from 200ms to 5s' or 'unlimited from 500ms to 10s']" },
    { "client c", "key-retry", "5 from 1s to 2s", NULL, "3: 'times' is missing behind the number [write 'none', '5 times from 200ms to 5s' or 'unlimited from 500ms to 10s']" },
    { "client c", "key-retry", "3", NULL, "1: 'times' is missing behind the number [write '3 times from 200ms to 5s']" },
    { "client c", "connect-retry", "3", NULL, "1: 'times' is missing behind the number [write '3 times from 200ms to 5s']" },
    { "client c", "reconnect", "3", NULL, "1: 'times' is missing behind the number [write '3 times from 500ms to 10s']" },
    { "client c", "key-retry", "5 times", NULL, "1: 'from D' is missing [write 'none', '5 times from 200ms to 5s' or 'unlimited from 500ms to 10s']" },
    { "client c", "key-retry", "5 times from 1s", NULL, "1: 'to D' is missing, or something stands behind it [write 'none', '5 times from 200ms to 5s' or 'unlimited from 500ms to 10s']" },
    { "client c", "key-retry", "5 times from 1s to 2s or so", NULL, "17: 'to D' is missing, or something stands behind it [write 'none', '5 times from 200ms to 5s' or 'unlimited from 500ms to 10s']" },
    { "client c", "key-retry", "5 times from 2s to 1s", NULL, "20: the longest delay '1s' is less than the first, '2s'" },
    { "client c", "reconnect", "unlimited from 0ms to 1s", NULL, "16: the first delay must be at least 1us [without a pause between attempts time would stand still]" },
    { "client c", "clock-offset", "-90000ms", "-90s", NULL },
    { "client c", "clock-offset", "+90s", "90s", NULL },
    { "client c", "clock-offset", "90", NULL, "1: '90' needs a unit: ns, us, ms, s, min, h, d" },
    { "client c", "clock-drift", "-78ppm", "-78ppm", NULL },
    { "client c", "clock-drift", "+20ppm", "20ppm", NULL },
    { "client c", "clock-drift", "-0ppm", "0ppm", NULL },
    { "client c", "clock-drift", "100001ppm", NULL, "1: 'clock-drift' must be within \xc2\xb1" "100000ppm" },
    { "client c", "clock-drift", "20", NULL, "1: '20' needs a unit: ppm" },
    { "client c", "clock-drift", "-20 ppm", NULL, "1: '-20 ppm' is not a drift [no blank between the number and its unit: -20ppm]" },
    { "client c", "clock-drift", "--2ppm", NULL, "1: '--2ppm' is not a drift [a drift is a whole number of parts per million, such as 20ppm or -78ppm]" },
    { "client c", "ntp-interval", "64s", "64s", NULL },
    { "client c", "ntp-interval", "1us", NULL, "1: 'ntp-interval' must be at least 1ms" },
    { "client c", "early-available", "continue", "continue", NULL },

    { "server", "leeway", "1500ms", NULL, "1: 'leeway' must be whole seconds [the times in a token are whole seconds]" },
    { "server", "leeway", "2000ms", "2s", NULL },
    { "server", "check-token", "join ,connect", "connect, join", NULL },
    { "server", "check-token", "join, join", NULL, "7: 'join' comes twice" },
    { "server", "check-token", "join,", NULL, "6: a word is missing in the list" },
    { "server", "check-token", "joyn", NULL, "1: 'joyn' is not one of connect, session-request, create-session, upload, join [did you mean 'join'?]" },
    { "server", "on-owner-lost", "promote", "promote", NULL },
    { "token-provider", "lifetime", "300", NULL, "1: '300' needs a unit: s, min, h, d" },
    { "token-provider", "lifetime", "300 s", NULL, "1: '300 s' is not a duration [no blank between the number and its unit: 300s]" },
    { "token-provider", "lifetime", "long", NULL, "1: 'long' is not a duration [whole seconds are a number and a unit, such as 30s, 2min, 1h or 7d]" },
    { "token-provider", "not-before", "-30", NULL, "1: '-30' needs a unit: s, min, h, d" },
    { "token-provider", "lifetime", "0s", NULL, "1: 'lifetime' must be at least 1s" },
    { "token-provider", "lifetime", "0.5s", NULL, "1: 'lifetime' must be whole seconds [the times in a token are whole seconds]" },
    { "token-provider", "not-before", "-30s", "-30s", NULL },
    { "token-provider", "not-before", "none", "none", NULL },
    { "token-provider", "not-before", "0.5s", NULL, "1: 'not-before' must be whole seconds [the times in a token are whole seconds]" },
    { "token-provider", "not-before", "-31d", NULL, "1: 'not-before' must be at most 30d" },
    { "token-provider", "algorithm", "HS256", NULL, "1: 'HS256' is not one of RS256, RS384, RS512, PS256, PS384, PS512 [did you mean 'RS256'?]" },
    { "token-provider", "cache", "0s", NULL, "1: 'cache' must be at least 1ns" },

    { "encryption-provider", "hint", "timestamp(1000us)", "timestamp(1ms)", NULL },
    { "encryption-provider", "hint", "timestamp", NULL, "1: 'timestamp' needs its value in parentheses: timestamp(R)" },
    { "encryption-provider", "hint", "1s", NULL, "1: '1s' is not one of unique, timestamp(R), none [did you mean 'timestamp(1s)'?]" },
    { "encryption-provider", "hint", "timestamp 1s", NULL, "1: 'timestamp 1s' is not one of unique, timestamp(R), none [did you mean 'timestamp(1s)'?]" },
    { "encryption-provider", "hint", "7", NULL, "1: '7' is not one of unique, timestamp(R), none" },
    { "encryption-provider", "hint", "timestamp()", NULL, "1: 'timestamp' needs its value in parentheses: timestamp(R)" },
    { "encryption-provider", "hint", "timestamp(0ms)", NULL, "11: the resolution of a timestamp must be at least 1ns" },
    { "encryption-provider", "hint", "unique(1)", NULL, "1: 'unique' takes nothing in parentheses" },
    { "encryption-provider", "hint", "unqiue", NULL, "1: 'unqiue' is not one of unique, timestamp(R), none [did you mean 'unique'?]" },
    { "encryption-provider", "retention", "last( 3 )", "last(3)", NULL },
    { "encryption-provider", "retention", "1min", NULL, "1: '1min' is not one of forever, on-new-key, last(N), for(D), until-settled [did you mean 'for(1min)'?]" },
    { "encryption-provider", "retention", "2", NULL, "1: '2' is not one of forever, on-new-key, last(N), for(D), until-settled [did you mean 'last(2)'?]" },
    { "encryption-provider", "retention", "last 2", NULL, "1: 'last 2' is not one of forever, on-new-key, last(N), for(D), until-settled [did you mean 'last(2)'?]" },
    { "encryption-provider", "retention", "for 1min", NULL, "1: 'for 1min' is not one of forever, on-new-key, last(N), for(D), until-settled [did you mean 'for(1min)'?]" },
    { "encryption-provider", "retention", "0", NULL, "1: '0' is not one of forever, on-new-key, last(N), for(D), until-settled" },
    { "encryption-provider", "retention", "last(0)", NULL, "6: 'last' must be at least 1" },
    { "encryption-provider", "retention", "last(x)", NULL, "6: 'x' is not a whole number" },
    { "encryption-provider", "retention", "for(3600s)", "for(1h)", NULL },
    { "encryption-provider", "retention", "for(1)", NULL, "5: '1' needs a unit: ns, us, ms, s, min, h, d" },
    { "encryption-provider", "retention", "for", NULL, "1: 'for' needs its value in parentheses: for(D)" },
    { "encryption-provider", "retention", "on-new-keys", NULL, "1: 'on-new-keys' is not one of forever, on-new-key, last(N), for(D), until-settled [did you mean 'on-new-key'?]" },
    { "encryption-provider", "replicas", "17", NULL, "1: 'replicas' must be at most 16" },
    { "encryption-provider", "rotate-master", "never", "never", NULL },
    { "encryption-provider", "kind", "exec", "exec", NULL },

    { "chaos", "crash", "0.2/s", "0.2/s", NULL },
    { "chaos", "crash", "12/min", "0.2/s", NULL },
    { "chaos", "crash", "1/min", "1/min", NULL },
    { "chaos", "crash", "60/h", "1/min", NULL },
    { "chaos", "crash", "7/h", "7/h", NULL },
    { "chaos", "crash", "0/s", "0/s", NULL },
    { "chaos", "crash", "2", NULL, "1: '2' needs a unit: /s, /min, /h" },
    { "chaos", "crash", "2 /s", NULL, "1: '2 /s' is not a rate [no blank between the number and its unit: 2/s]" },
    { "chaos", "crash", "2/day", NULL, "2: unknown unit '/day' in '2/day'; the units are /s, /min, /h" },
    { "chaos", "crash", "1000001/s", NULL, "1: '1000001/s' is more than 1000000/s" },
    { "chaos", "crash", "none", "none", NULL },
    { "chaos", "until", "half-time", "half-time", NULL },
    { "chaos", "until", "limit", NULL, "1: 'limit' is neither a duration nor 'half-time'" },
    { "chaos", "budget", "3", "3", NULL },
    { "explore", "clients", "2", "2", NULL },
    { "explore", "crashes", "101", NULL, "1: 'crashes' must be at most 100" },
    /* clang-format on */
};

static void
check_row(void **state)
{
    const struct row *row = *state;
    g_autofree char *text =
        strcmp(row->group, "document d") == 0
            ? g_strdup_printf("[client x]\n[document d]\n%s = %s\n", row->key, row->value)
            : g_strdup_printf("[client x]\n[%s]\n%s = %s\n", row->group, row->key, row->value);
    g_autofree char *errors = NULL, *json = NULL, *want = NULL;
    g_autoptr(SrScenario) scenario = read_bytes(text, strlen(text), NULL, &errors);

    if (row->error != NULL) {
        unsigned column =
            (unsigned) strtoul(row->error, NULL, 10) + (unsigned) strlen(row->key) + 3;

        want = g_strdup_printf("3:%u%s", column, strchr(row->error, ':'));
        assert_string_equal(errors, want);
        return;
    }
    assert_string_equal(errors, "");
    json = sr_scenario_resolved_json(scenario, false);
    want = g_strdup_printf("\"%s\":\"%s\"", row->key, row->canonical);
    assert_non_null(strstr(json, want));
}

static void
probabilities_are_parts_of_two_to_the_32(void **state)
{
    static const struct {
        const char *text;
        uint32_t parts;
    } values[] = {
        { "0%", 0 },
        { "50%", 1u << 31 },
        { "25%", 1u << 30 },
        { "1%", 42949673 },           /* 42949672.96 */
        { "0.01%", 429497 },          /* 429496.7296 */
        { "0.000001%", 43 },          /* 42.94967296 */
        { "99.999999%", 4294967253 }, /* 2^32 - 42.95 */
    };

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *text =
            g_strdup_printf("[client a]\n[network]\nloss = %s\n", values[i].text);
        g_autoptr(SrScenario) scenario = read_good(text);

        assert_int_equal(scenario->network.loss, values[i].parts);
    }
}

static void
rates_are_mean_intervals(void **state)
{
    static const struct {
        const char *text;
        SrSpan interval;
    } values[] = {
        { "0.2/s", 5 * SR_NS_PER_S },
        { "12/min", 5 * SR_NS_PER_S },
        { "1/h", 3600 * SR_NS_PER_S },
        { "3/s", 333333333 },
        { "1000000/s", 1000 },
        { "0/s", SR_TIME_NEVER },
        { "none", SR_TIME_NEVER },
        { "0.000000001/h", SR_TIME_NEVER - 1 }, /* a hundred thousand years */
        { "0.001/h", 3600000 * SR_NS_PER_S },
    };

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *text =
            g_strdup_printf("[client a]\n[chaos]\nbudget = 1\ncrash = %s\n", values[i].text);
        g_autoptr(SrScenario) scenario = read_good(text);

        assert_true(scenario->chaos.crash == values[i].interval);
    }
}

static void
epochs_are_seconds_since_1970(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } values[] = {
        { "1970-01-01T00:00:00Z", 0 },          { "1970-03-01T00:00:01Z", 59 * 86400 + 1 },
        { "2000-02-29T12:00:00Z", 951825600 },  { "2023-06-01T00:00:00Z", 1685577600 },
        { "2099-12-31T23:59:59Z", 4102444799 },
    };

    (void) state;
    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *text =
            g_strdup_printf("[client a]\n[scenario]\nepoch = %s\n", values[i].text);
        g_autoptr(SrScenario) scenario = read_good(text);

        assert_true(scenario->epoch_s == values[i].seconds);
    }
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(rows)];
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const struct CMUnitTest more[] = {
        cmocka_unit_test(probabilities_are_parts_of_two_to_the_32),
        cmocka_unit_test(rates_are_mean_intervals),
        cmocka_unit_test(epochs_are_seconds_since_1970),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *name = g_strdup_printf("[%s] %s = %s", rows[i].group, rows[i].key, rows[i].value);

        g_ptr_array_add(names, name);
        tests[i] = (struct CMUnitTest){ .name = name,
                                        .test_func = check_row,
                                        .initial_state = (void *) (uintptr_t) &rows[i] };
    }
    int failed = cmocka_run_group_tests_name("scenario values", tests, NULL, NULL);

    return (failed +
            cmocka_run_group_tests_name("scenario values, numbers", more, NULL, NULL)) != 0;
}
