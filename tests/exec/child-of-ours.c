/* A provider for tests, and every way in which one can misbehave: `child-of-ours MODE`.
 *
 * It answers at once and knows nothing of waits, but in the modes that say so. What it reads is
 * ours and has one form, so its reading is simple. */
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 2048
#define KEYS_MAX 4096 /* more than a test asks for */

static const char *mode;

static bool
is(const char *name)
{
    return strcmp(mode, name) == 0;
}

/* The keys of the store: by document and hint. */
static struct {
    char document[TEXT_MAX], hint[TEXT_MAX], key[2 * TEXT_MAX];
    unsigned long long made_at; /* ns of virtual time */
} * keys;
static int n_keys, n_made, n_starts;
static char seed[TEXT_MAX];
static unsigned long long now; /* ns of virtual time */

/* ---- lines ---- */

static char line[1 << 16];

/* Returns: whether @line has member @name; @out gets its text between the quotes, or the word */
static bool
member(const char *name, char out[TEXT_MAX])
{
    char quoted[64];
    const char *at;
    size_t n;

    snprintf(quoted, sizeof quoted, "\"%s\":", name);
    at = strstr(line, quoted);
    if (at == NULL)
        return false;
    at += strlen(quoted);
    if (*at != '"') {
        n = strcspn(at, ",}");
    } else {
        at++;
        for (n = 0; at[n] != '"'; n++)
            n += at[n] == '\\';
    }
    snprintf(out, TEXT_MAX, "%.*s", (int) n, at);
    return true;
}

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

/* ---- a store ---- */

#define IDLE "{\"type\":\"idle\",\"answers\":["

static int
find(const char *document, const char *hint)
{
    for (int i = 0; i < n_keys; i++)
        if (strcmp(keys[i].document, document) == 0 && strcmp(keys[i].hint, hint) == 0)
            return i;
    return -1;
}

static int
make(const char *document)
{
    int i = n_keys++;

    snprintf(keys[i].document, TEXT_MAX, "%s", document);
    snprintf(keys[i].hint, TEXT_MAX, "h%d", ++n_made);
    keys[i].made_at = now;
    /* A word that a test finds wherever a key gets to. */
    snprintf(keys[i].key, sizeof keys[i].key, "%s-%s-%d",
             is("secret") ? "5ecretKeyOfTheChild" : "key", seed, n_made);
    return i;
}

/* Says the answer to request @id, and @more. */
static void
answer(const char *id, const char *document, const char *hint, const char *more)
{
    int i = hint == NULL ? make(document) : find(document, hint);

    /* It keeps keys for half a minute. */
    if (is("ages") && i >= 0 && now - keys[i].made_at > 30000000000)
        i = -1;
    if ((is("forgets") || (is("forgets-at-first") && n_starts == 1)) && hint == NULL)
        for (int other = 0; other < n_keys; other++)
            if (other != i)
                keys[other].document[0] = '\0';
    if (is("unstable") && i >= 0 && hint != NULL)
        snprintf(keys[i].key, sizeof keys[i].key, "key-%s-again-%d", seed, ++n_made);
    /* The same key under each hint, and no look-up is answered. */
    if (is("one-key"))
        snprintf(keys[i < 0 ? 0 : i].key, sizeof keys->key, "key-%s", seed);
    if (is("one-key") && hint != NULL)
        say(IDLE "{\"id\":%s,\"error\":\"no\"}]%s}", id, more);
    else if (i < 0)
        say(IDLE "{\"id\":%s,\"error\":\"no such hint\",\"reason\":\"unknown-hint\"}]%s}", id,
            more);
    else if (is("exposes"))
        say(IDLE "{\"id\":%s,\"key\":\"the key of %s\",\"hint\":\"h-the key of %s\"}]%s}", id,
            keys[i].hint, keys[i].hint, more);
    else if (is("no-hint"))
        say(IDLE "{\"id\":%s,\"key\":\"%s\"}]%s}", id, keys[i].key, more);
    else
        say(IDLE "{\"id\":%s,\"key\":\"%s\",\"hint\":\"%s\",\"at\":\"child:1\"}]%s}", id,
            keys[i].key, keys[i].hint, more);
}

/* ---- waits: a request is read, and its answer written, by a call of two legs ---- */

static struct {
    char id[TEXT_MAX], document[TEXT_MAX], hint[TEXT_MAX];
    bool has_hint, is_timer;
    int leg;
    char key[2 * TEXT_MAX]; /* of two calls: what was read, or is written */
} pending[256];
static int n_waits;

static void
say_wait(int from, const char *leg)
{
    int wait = ++n_waits;

    pending[wait % 256] = pending[from % 256];
    pending[wait % 256].leg++;
    printf("{\"type\":\"idle\",\"waits\":[{\"wait\":%d,\"for\":\"%s\"", wait,
           strcmp(leg, "timer") == 0 ? "timer" : "io");
    if (strcmp(leg, "timer") == 0)
        printf(",\"ns\":\"3000000\"");
    else
        printf(",\"leg\":\"%s\",\"label\":\"put keys\"", leg);
    printf(",\"at\":\"child.c:7\",\"request\":%s}]}\n", pending[wait % 256].id);
    fflush(stdout);
}

/* A call, and a timer after which it is not waited for any more: an odd number and the next. */
static void
say_call_and_timer(void)
{
    int call = ++n_waits, timer = ++n_waits;

    pending[call % 256] = pending[timer % 256] = pending[0];
    pending[timer % 256].is_timer = true;
    say("{\"type\":\"idle\",\"waits\":[{\"wait\":%d,\"for\":\"io\",\"leg\":\"request\","
        "\"label\":\"ask "
        "\\u00e9\",\"request\":%s},{\"wait\":%d,\"for\":\"timer\",\"ns\":\"3000000\","
        "\"request\":%s}]}",
        call, pending[0].id, timer, pending[0].id);
}

/* Two calls: it reads the one key of the document and, if there is none, writes its own. Each has
 * its effect when its first leg is over. */
static void
wake_two_calls(int from)
{
    char *key = pending[from].key;
    int i = find(pending[from].document, "v1");

    if (pending[from].leg == 1) {
        snprintf(key, sizeof pending->key, "%s", i >= 0 ? keys[i].key : "");
    } else if (pending[from].leg == 2 && key[0] == '\0' && !pending[from].has_hint) {
        snprintf(key, sizeof pending->key, "key-%s-%d", seed, ++n_made);
    } else if (pending[from].leg == 3) {
        if (i >= 0 && is("puts-if-absent"))
            snprintf(key, sizeof pending->key, "%s", keys[i].key);
        i = i >= 0 ? i : n_keys++;
        snprintf(keys[i].document, TEXT_MAX, "%s", pending[from].document);
        snprintf(keys[i].hint, TEXT_MAX, "v1");
        snprintf(keys[i].key, sizeof keys[i].key, "%s", key);
    } else {
        say(IDLE "{\"id\":%s,\"key\":\"%s\",\"hint\":\"v1\"}]}", pending[from].id, key);
        return;
    }
    say_wait(from, pending[from].leg == 2 ? "request" : "response");
}

/* Timers without a span, a thousand in each turn. */
static void
say_endless_waits(void)
{
    printf("{\"type\":\"idle\",\"waits\":[");
    for (int i = 0; i < 1000; i++)
        printf("%s{\"wait\":%d,\"for\":\"timer\",\"ns\":\"0\"}", i > 0 ? "," : "", ++n_waits);
    say("]}");
}

static void
wake(void)
{
    char wait[TEXT_MAX];
    int from;

    if (is("endless-waits")) {
        say_endless_waits();
        return;
    }

    member("wait", wait);
    from = atoi(wait) % 256;
    if (is("gives-up") || is("gives-up-silently")) {
        char more[TEXT_MAX];

        /* The call and its time-out: whichever is first, the other is dropped. */
        snprintf(more, sizeof more, ",\"waits\":[{\"drop\":%d}]",
                 from % 2 == 1 ? from + 1 : from - 1);
        if (is("gives-up-silently")) {
            say("{\"type\":\"idle\"%s}", more);
            return;
        }
        answer(pending[from].id, pending[from].document,
               pending[from].has_hint ? pending[from].hint : NULL, more);
        return;
    }
    /* The timer still stands when the answer is given. */
    if (is("leaves-timer") && pending[from].is_timer) {
        say("{\"type\":\"idle\"}");
        return;
    }
    if (is("reads-then-writes") || is("puts-if-absent")) {
        wake_two_calls(from);
        return;
    }
    if (pending[from].leg == 1) {
        say_wait(from, "response");
        return;
    }
    answer(pending[from].id, pending[from].document,
           pending[from].has_hint ? pending[from].hint : NULL, "");
}

/* ---- requests ---- */

/* Does what the mode says instead of an answer. Returns: whether it did */
static bool
misbehave(const char *id)
{
    static char long_line[1 << 17];

    if (is("crashes"))
        abort();
    if (is("exits"))
        exit(3);
    if (is("hangs") || is("deaf"))
        for (;;)
            pause();
    if (is("spins"))
        for (volatile unsigned i = 0;; i++)
            ;
    if (is("closes")) {
        close(1);
        for (;;)
            pause();
    }
    if (is("confesses")) {
        fputs("Error: \033[2Jno database\n::error::at line 7 <b>\n", stderr);
        exit(3);
    }
    if (is("garbage")) {
        say("<!doctype html>");
    } else if (is("debug")) {
        say("debug");
    } else if (is("not-utf8")) {
        say("{\"type\":\"idle\",\"notes\":[\"\xff\"]}");
    } else if (is("long")) {
        memset(long_line, 'x', sizeof long_line - 1);
        say("%s", long_line);
    } else if (is("endless")) {
        memset(long_line, 'x', sizeof long_line - 1);
        for (;;)
            fputs(long_line, stdout);
    } else if (is("two-lines")) {
        say("{\"type\":\"idle\"}\n{\"type\":\"idle\"}");
    } else if (is("deep")) {
        say("{\"type\":\"idle\",\"x\":[[[[[[[[[[]]]]]]]]]]}");
    } else if (is("twice")) {
        say("{\"type\":\"idle\",\"answers\":[{\"id\":%s,\"key\":\"k\"},{\"id\":%s,"
            "\"key\":\"k\"}]}",
            id, id);
    } else if (is("not-open")) {
        say("{\"type\":\"idle\",\"answers\":[{\"id\":77,\"key\":\"k\"}]}");
    } else if (is("number")) {
        say("{\"type\":\"idle\",\"answers\":[{\"id\":%s,\"key\":7}]}", id);
    } else if (is("no-key")) {
        say("{\"type\":\"idle\",\"answers\":[{\"id\":%s}]}", id);
    } else if (is("member-twice")) {
        say("{\"type\":\"idle\",\"type\":\"idle\"}");
    } else if (is("hello-again")) {
        say("{\"type\":\"hello\",\"protocol\":1}");
    } else if (is("fault")) {
        say("{\"type\":\"fault\",\"error\":\"the database is gone\"}");
    } else if (is("blocked")) {
        say("{\"type\":\"fault\",\"error\":\"a row is locked\",\"kind\":\"blocked\"}");
    } else if (is("stuck")) {
        say("{\"type\":\"idle\",\"stuck\":[%s]}", id);
    } else if (is("silent-promise")) {
        say("{\"type\":\"idle\"}");
    } else if (is("bad-shape")) {
        say("{\"type\":\"idle\",\"answers\":[{\"id\":%s,\"error\":\"Expected field 'key'\","
            "\"reason\":\"bad-shape\"}]}",
            id);
    } else if (is("refuses")) {
        say("{\"type\":\"idle\",\"answers\":[{\"id\":%s,\"error\":\"no\\u0007\"}]}", id);
    } else if (is("key-hint")) {
        say("{\"type\":\"idle\",\"answers\":[{\"id\":%s,\"key\":\"k\",\"keyHint\":\"h\"}]}",
            id);
    } else if (is("wait-twice")) {
        say("{\"type\":\"idle\",\"waits\":[{\"wait\":1,\"for\":\"timer\",\"ns\":\"1\"},"
            "{\"wait\":1,\"for\":\"timer\",\"ns\":\"1\"}]}");
    } else if (is("drops")) {
        say("{\"type\":\"idle\",\"waits\":[{\"drop\":9}]}");
    } else {
        return false;
    }
    return true;
}

static void
request(void)
{
    char id[TEXT_MAX], document[TEXT_MAX], hint[TEXT_MAX];
    bool has_hint;

    if (is("endless-waits")) {
        say_endless_waits();
        return;
    }
    member("id", id);
    if (misbehave(id))
        return;
    member("document", document);
    member("hint", hint);
    has_hint = strstr(line, "\"hint\":null") == NULL;
    if (is("floods"))
        for (int i = 0; i < 20000; i++)
            fputs("noise noise noise noise noise noise noise noise noise noise noise\n",
                  stderr);
    if (is("waits") || is("timer") || is("gives-up") || is("gives-up-silently") ||
        is("leaves-timer") || is("reads-then-writes") || is("puts-if-absent")) {
        snprintf(pending[0].id, TEXT_MAX, "%s", id);
        snprintf(pending[0].document, TEXT_MAX, "%s", document);
        snprintf(pending[0].hint, TEXT_MAX, "%s", hint);
        pending[0].has_hint = has_hint;
        pending[0].leg = is("timer") ? 1 : is("leaves-timer") ? 2 : 0;
        pending[0].is_timer = false;
        if (is("gives-up") || is("gives-up-silently") || is("leaves-timer"))
            say_call_and_timer();
        else
            say_wait(0, is("timer") ? "timer" : "request");
        return;
    }
    answer(
        id, document, has_hint ? hint : NULL,
        is("notes") ? ",\"notes\":[\"an unhandled rejection\"]"
        : is("hostile")
            ? ",\"notes\":[\"\\u001b[2Jx\\n::error::pwned\\n<script>alert(1)</script>\\u202e\"]"
        : is("rejects")
            ? ",\"broke\":\"unhandled-rejection\",\"notes\":[\"unhandled rejection: no\"]"
            : "");
    if (is("unasked"))
        say("one more line");
}

static void
hello(void)
{
    if (is("no-hello"))
        for (;;)
            pause();
    if (is("late-exit"))
        exit(4);
    if (is("protocol-2"))
        say("{\"type\":\"hello\",\"protocol\":2,\"asks\":[\"key\"]}");
    else if (is("differs-once"))
        say("{\"type\":\"hello\",\"protocol\":1,\"asks\":[\"key\"],\"runs\":1}");
    else if (is("signer"))
        say("{\"type\":\"hello\",\"protocol\":1,\"asks\":[\"token\"]}");
    else if (is("keys-only"))
        say("{\"type\":\"hello\",\"protocol\":1,\"asks\":[\"key\"]}");
    else
        say("{\"type\":\"hello\",\"protocol\":1,\"name\":\"ours\",\"asks\":[\"key\",\"token\"]"
            "}");
}

/* Prints what it was started with, for a test of that. */
static void
print_surroundings(void)
{
    extern char **environ;

    for (char **it = environ; *it != NULL; it++)
        fprintf(stderr, "%s\n", *it);
    for (int fd = 3; fd < 64; fd++)
        if (lseek(fd, 0, SEEK_CUR) >= 0 || isatty(fd))
            fprintf(stderr, "fd %d is open\n", fd);
    exit(5);
}

int
main(int argc, char **argv)
{
    char type[TEXT_MAX], text[TEXT_MAX];

    mode = argc > 1 ? argv[1] : "good";
    keys = calloc(KEYS_MAX, sizeof *keys);
    if (is("surroundings"))
        print_surroundings();
    if (is("deaf"))
        signal(SIGTERM, SIG_IGN);
    if (is("grandchild") && fork() == 0)
        for (;;)
            pause();
    while (fgets(line, sizeof line, stdin) != NULL) {
        member("type", type);
        if (member("t", text))
            now = strtoull(text, NULL, 10);
        if (strcmp(type, "bye") == 0)
            break;
        if (strcmp(type, "hello") == 0) {
            hello();
        } else if (strcmp(type, "start") == 0) {
            n_keys = n_made = n_waits = 0;
            n_starts++;
            member("seed", seed);
            if (is("no-start"))
                for (;;)
                    pause();
            /* Not the same in another process: what --twice is for. */
            if (is("process"))
                n_made = getpid() % 1000 * 1000;
            if (is("good-at-first") && n_starts > 1)
                mode = "leaves-timer";
            /* Not the same in its second run. */
            if ((is("differs") || is("differs-once")) && n_starts > 1)
                n_made = 7;
            say("{\"type\":\"idle\"}");
        } else if (strcmp(type, "request") == 0) {
            request();
        } else if (strcmp(type, "wake") == 0) {
            wake();
        } else {
            if (is("hears") && member("client", text))
                fprintf(stderr, "gone %s\n", text);
            say("{\"type\":\"idle\"}");
        }
    }
    return is("bad-end") ? 9 : 0;
}
