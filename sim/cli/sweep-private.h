/* What the files of the verb `sweep` share. */
#pragma once

#include "cli-private.h"
#include "report/sweep-file.h"
#include "report/sweep-table.h"
#include "session-race/sweep.h"

/* ---- what is swept ---- */

/* What the options of the verb say. */
typedef struct {
    bool until_failure;
    uint64_t precision;     /* parts per SR_RATE_WHOLE; 0: not asked for */
    SrSpan time;            /* 0: no limit */
    uint64_t shard, shards; /* shards 0: everything */
    const char *checkpoint; /* (nullable) */
    const char *shrink;     /* (nullable) folder for small scenarios */
} SrSweepAsked;

/* A scenario and its points. */
typedef struct {
    const char *verb; /* for messages */
    char *path, *text;
    size_t length;
    GPtrArray *overrides; /* as sr_scenario_parse() takes them */
    SrScenario *base;     /* without the assignments of any point */
    uint64_t n_points;
    SrSweepHead head;
    SrSeedRange part;   /* of the seeds, what is run; nothing when @n_seeds is 0 */
    uint64_t n_seeds;   /* of @part */
    uint32_t *expected; /* n_points: bits 1 << SrCheckId, what each file expects to fail */
    uint32_t n_clients; /* of the point that has most */
    SrSweepAsked asked;
} SrSweepPlan;

void sr_sweep_plan_clear(SrSweepPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SrSweepPlan, sr_sweep_plan_clear)
/*
 * Reads @path, `-` for standard input, and every point of its study; fills in all of @plan, which
 * is empty before, but what is asked for and the part that is run. @overrides: (transfer full)
 * (element-type utf8): as sr_scenario_parse() takes them. Returns: an exit status; errors were
 * printed unless it is SR_EXIT_OK
 */
int sr_sweep_plan_read(SrSweepPlan *plan, const char *verb, const char *path,
                       GPtrArray *overrides);
/* Returns: (transfer full) (nullable): the scenario of @point; %NULL: @diagnostics say why */
SrScenario *sr_sweep_plan_scenario(const SrSweepPlan *plan, uint64_t point,
                                   SrDiagnostics *diagnostics);
/* Runs all of @plan and writes what comes of it. Returns: the exit status */
int sr_sweep_play(const SrOptions *options, const SrSweepPlan *plan);

/* ---- what comes of it ---- */

/* What the rows of a sweep are beside what its plan wants of them, in points. */
typedef struct {
    bool whole; /* thresholds are judged: a part says nothing of shares in the whole */
    uint64_t n_points, n_unexpected, n_unmet;
} SrSweepVerdict;

/* @table: (nullable): is told about thresholds and appends to @out */
void sr_sweep_verdict_add(SrSweepVerdict *verdict, const SrSweepPlan *plan, uint64_t point,
                          const SrSweepRow *row, SrSweepTable *table, GString *out);
/* Says why the exit status is not 0, for whoever sees no table. @thresholds: they are what
 * counts */
void sr_sweep_verdict_report(const SrSweepVerdict *verdict, const SrSweepPlan *plan,
                           bool thresholds);

/* ---- failures as scenarios ---- */

/* The first failure of each check: of the first point that has one, the smallest seed. */
typedef struct {
    uint32_t found; /* bits 1 << SrCheckId */
    uint64_t point[SR_CHECK_N], seed[SR_CHECK_N];
} SrSweepFailures;

/* Rows come in the order of their points. */
void sr_sweep_failures_note(SrSweepFailures *failures, uint64_t point, const SrSweepRow *row);
/* Returns: (transfer full): how the small scenario of @id is called in its folder */
char *sr_sweep_shrink_name(SrCheckId id);
/* Writes FOLDER/CHECK.ini for each check that failed. Returns: an exit status; errors were printed
 * unless it is SR_EXIT_OK */
int sr_sweep_shrink(const SrSweepPlan *plan, const SrSweepFailures *failures,
                    const char *folder);

/* ---- checkpoints ---- */

/* Where a sweep stands. */
typedef struct {
    uint64_t point, seeds_done; /* as of SrSweepProgress */
    SrSweepFile *rows;          /* (nullable) of the points before, and of what is done of it */
} SrSweepCheckpoint;

/*
 * Reads the checkpoint of @plan. Returns: an exit status; errors were printed unless it is
 * SR_EXIT_OK. Where there is no such file all of @checkpoint is zero
 */
int sr_sweep_checkpoint_load(const SrSweepPlan *plan, SrSweepCheckpoint *checkpoint);
/* Replaces it. @result: a whole result with the rows; its bytes are used up. Returns: FALSE with
 * @error set when it could not be written */
gboolean sr_sweep_checkpoint_save(const SrSweepPlan *plan, uint64_t point, uint64_t seeds_done,
                                  const GString *result, GError **error);

/* ---- the line of progress ---- */

typedef struct {
    SrMeter line;
    gint64 begun_us;
    uint64_t begun_done; /* runs that were done before */
} SrSweepMeter;

/* @wanted: and only when standard error is a terminal */
void sr_sweep_meter_begin(SrSweepMeter *meter, bool wanted, uint64_t done);
/* Draws a few times a second. @left_us: of the time limit; G_MAXINT64: none */
void sr_sweep_meter_show(SrSweepMeter *meter, const SrSweepProgress *progress, gint64 now_us,
                         gint64 left_us);
/* Makes room for other output. */
void sr_sweep_meter_erase(SrSweepMeter *meter);
/* Erases it for good, and says how fast it went. */
void sr_sweep_meter_end(SrSweepMeter *meter, uint64_t done, gint64 now_us);
