/* What the files of the verb `sweep` share. */
#pragma once

#include "cli-private.h"
#include "report/sweep-file.h"
#include "report/sweep-table.h"
#include "session-race/sweep.h"

/* ---- what is swept ---- */

/* What `--format` of `sweep` and `merge` says, in the order of the words. */
typedef enum {
    SR_SWEEP_AS_HUMAN,
    SR_SWEEP_AS_JSON, /* the result itself, NDJSON */
    SR_SWEEP_AS_CSV,
    SR_SWEEP_AS_MARKDOWN,
} SrSweepFormat;
extern const char *const sr_sweep_format_words[];
/* Returns: the form of the table; not of SR_SWEEP_AS_JSON */
SrSweepForm sr_sweep_form(SrSweepFormat format);

/* The values of the verb's options. */
typedef struct {
    int format; /* SrSweepFormat */
    gboolean until_failure;
    uint64_t precision;     /* parts per SR_RATE_WHOLE; 0 if not requested */
    SrSpan time;            /* 0: no limit */
    uint64_t shard, shards; /* shards 0: everything */
    char *checkpoint;       /* (nullable) */
    char *shrink;           /* (nullable) folder for small scenarios */
    uint64_t graph_bytes;   /* memory for the graph; 0: none */
    gboolean stats;
} SrSweepAsked;

/* A scenario and its points. */
typedef struct {
    const SrOptions *options;
    char *path, *text;
    size_t length;
    GPtrArray *overrides; /* as sr_scenario_parse() takes them */
    SrScenario *base;     /* without the assignments of any point */
    uint64_t n_points;
    SrSweepHead head;
    SrSeedRange part; /* of the seeds: those that are run; no meaning if @n_seeds is 0 */
    uint64_t n_seeds; /* of @part */
    /* n_points: bits 1 << SrCheckId, the checks that each file expects to fail */
    uint32_t *expected;
    uint32_t n_clients; /* of the point with most clients */
    unsigned wanted;    /* bits 1 << SrExecRole of programs that it needs at some point */
    bool drawn;         /* at some point, runs differ by their seeds */
    SrSweepAsked asked;
    gint64 deadline_us; /* of --time, by the monotonic clock; 0: none */
} SrSweepPlan;

void sr_sweep_plan_clear(SrSweepPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SrSweepPlan, sr_sweep_plan_clear)
/* Whether the time of @plan is up. */
bool sr_sweep_plan_is_late(const SrSweepPlan *plan);
/* Reads @path, `-` for standard input, and every point of its study, unless the time is up before.
 * Fills in all of @plan, which must be empty but for the options, the request and the deadline,
 * except the part. @overrides: (transfer full)
 * (element-type utf8): as sr_scenario_parse() takes them. Returns: an exit status; errors were
 * printed unless it is SR_EXIT_OK */
int sr_sweep_plan_read(SrSweepPlan *plan, const char *path, GPtrArray *overrides);
/* Returns: whether runs of @scenario can differ by their seeds; a program of the user's own may draw
 * whatever it likes */
bool sr_sweep_is_drawn(const SrScenario *scenario);
/* Says that all runs of @scenario are alike, and how to change that. */
void sr_sweep_say_undrawn(const char *path, const SrScenario *scenario);
/* Returns: (transfer full) (nullable): the scenario of @point; %NULL: @diagnostics has the
 * errors */
SrScenario *sr_sweep_plan_scenario(const SrSweepPlan *plan, uint64_t point,
                                   SrDiagnostics *diagnostics);
/* Runs all of @plan, which learns which provider is asked, and writes the results. Returns: the exit status */
int sr_sweep_play(const SrOptions *options, SrSweepPlan *plan);

/* ---- what comes of it ---- */

/* How the rows of a sweep compare with what its plan requires; counts of points. */
typedef struct {
    /* thresholds are judged; a part of the seeds says nothing about shares of the whole */
    bool whole;
    uint64_t n_points, n_unexpected, n_unmet;
} SrSweepVerdict;

/* @table: (nullable): gets the thresholds and appends to @out */
void sr_sweep_verdict_add(SrSweepVerdict *verdict, const SrSweepPlan *plan,
                          const SrSweepRow *row, SrSweepTable *table, GString *out);
/* Prints why the exit status is not 0, for users who see no table. @thresholds: whether
 * thresholds decide it */
void sr_sweep_verdict_report(const SrSweepVerdict *verdict, bool thresholds);

/* ---- failures as scenarios ---- */

/* The first failure of each check that was not expected to fail: the smallest seed of the first
 * point that has one. */
typedef struct {
    uint32_t found; /* bits 1 << SrCheckId */
    uint64_t point[SR_CHECK_N], seed[SR_CHECK_N];
} SrSweepFailures;

/* Takes the next row; rows come in the order of their points. @expected: bits 1 << SrCheckId */
void sr_sweep_failures_note(SrSweepFailures *failures, uint64_t point, uint32_t expected,
                            const SrSweepRow *row);
/* Returns: (transfer full): the name of the small scenario for @id in its folder */
char *sr_sweep_shrink_name(SrCheckId id);
/* Writes FOLDER/CHECK.ini for each check that was found to fail. Returns: an exit status; errors were printed
 * unless it is SR_EXIT_OK */
int sr_sweep_shrink(const SrSweepPlan *plan, const SrSweepFailures *failures,
                    const char *folder);

/* ---- checkpoints ---- */

/* How far a sweep is. */
typedef struct {
    uint64_t point, seeds_done; /* as in SrSweepProgress */
    /* (nullable) of the complete points, and of the completed part of @point */
    SrSweepFile *rows;
} SrSweepCheckpoint;

/* Reads the checkpoint of @plan. Returns: an exit status; errors were printed unless it is
 * SR_EXIT_OK. If there is no such file, all of @checkpoint is zero. */
int sr_sweep_checkpoint_load(const SrSweepPlan *plan, SrSweepCheckpoint *checkpoint);
/* Replaces the checkpoint. @result: a complete result with the rows; its bytes are consumed.
 * Returns: FALSE with @error set if it could not be written */
gboolean sr_sweep_checkpoint_save(const SrSweepPlan *plan, uint64_t point, uint64_t seeds_done,
                                  const GString *result, GError **error);

/* ---- the line of progress ---- */

typedef struct {
    SrMeter line;
    gint64 begun_us;
    uint64_t begun_done; /* runs that were done before */
} SrSweepMeter;

/* @wanted: draws only if standard error is a terminal, too */
void sr_sweep_meter_begin(SrSweepMeter *meter, bool wanted, uint64_t done);
/* Draws a few times a second. @left_us: until the time limit; G_MAXINT64 if there is none */
void sr_sweep_meter_show(SrSweepMeter *meter, const SrSweepProgress *progress, gint64 now_us,
                         gint64 left_us);
/* Erases the line for other output. */
void sr_sweep_meter_erase(SrSweepMeter *meter);
/* Erases the line at the end, and prints the speed. */
void sr_sweep_meter_end(SrSweepMeter *meter, uint64_t done, gint64 now_us);
