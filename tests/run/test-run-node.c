/* What actions of the core mean in virtual time: timers, closings, local instants, answers that
 * take their time. */
#include "run/run-fixture.h"

static const struct scene scenes[] = {
    { "the server sees a loss after detect-loss",
      "[network]\nlatency = 10ms\n[server]\ndetect-loss = 300ms\n[client a]\n[timeline]\n200ms "
      "= disconnect a for 10s\n",
      "200ms a connection-closed\n500ms server connection-closed\n" },
    { "a client that fails is seen at once",
      "[network]\nlatency = 10ms\n[server]\ndetect-loss = 300ms\nwhile-creating = "
      "pending\n[client a]\n"
      "[client b]\nstart = 100ms\npatience = 1s\n[timeline]\n140ms = partition a server for "
      "5s\n",
      "1161ms b connection-closed\n1161ms server connection-closed\n1161ms b failed\n" },
    { "a token request is given up after request-timeout",
      "[network]\nlatency = 10ms\n[client a]\nrequest-timeout = 1s\nconnect-retry = 1 times "
      "from 2s to 2s\n"
      "[timeline]\n0ms = outage token-provider for 2s\n",
      "0ms a send token-request\n2001ms token-provider send token\n2011ms a receive "
      "token\n3000ms a send token-request\n" },
    { "keys expire by the provider's clock, which runs fast",
      "[network]\nlatency = 10ms\n[encryption-provider]\nretention = for(1s)\nclock-drift = "
      "100000ppm\n[client a]\n"
      "[client b]\nstart = 3s\nkey-retry = none\n",
      "91ms encryption-provider key-made\n1000090910ns encryption-provider key-discarded\n" },
    { "an establish-timeout counts from create-accepted",
      "[network]\nlatency = 10ms\n[server]\nestablish-timeout = 500ms\n[client "
      "a]\n[timeline]\n140ms = partition a server for 2s\n",
      "136ms server send create-accepted\n636ms server released\n" },
    { "a renewal waits for the client's own clock, and is aimed anew when that is stepped",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 60s\n[server]\nleeway = "
      "60s\n[client a]\n[client idle]\n"
      "start = 50s\n[timeline]\n1s = step-clock a by +10s\n",
      "1000ms a clock\n20000ms a send token-request\n20021ms a send token-update\n" },
    { "two keys take two derivations",
      "[network]\nlatency = 10ms\n[document d]\nprevious = yes\n[client a]\n",
      "61ms a send key-request\n61ms a send key-request\n91ms a receive key\n101ms a receive "
      "key\n151ms a opened\n"
      "151ms a send create-session\n" },
    { "requests for one key, attached to the first, are answered together",
      "[network]\nlatency = 10ms\n[encryption-provider]\nreuse = 1h\natomic = yes\n[client "
      "a]\n[client b]\nstart = 12ms\n",
      "71ms encryption-provider receive key-request\n83ms encryption-provider receive "
      "key-request\n"
      "91ms encryption-provider send key\n91ms encryption-provider send key\n101ms a receive "
      "key\n101ms b receive key\n" },
    { "a replica answers once the key has come to it",
      "[network]\nlatency = 10ms\n[encryption-provider]\nreplicas = 16\nreplication = "
      "1s\n[client a]\n[client b]\nstart = 12ms\n",
      "91ms encryption-provider key-made\n186ms encryption-provider key-missing\n" },
    { "a derivation may be drawn",
      "[network]\nlatency = 10ms\n[client a]\nderive = uniform(30ms, 30ms)\n",
      "101ms a receive key\n131ms a send create-session\n" },
};

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(scenes)];

    fixture_scene_tests(scenes, G_N_ELEMENTS(scenes), tests);
    return cmocka_run_group_tests_name("nodes of a run", tests, NULL, NULL) != 0;
}
