/* Faults and clocks of the timeline, to the nanosecond. Source: sections 5, 7 and 8. */
#include "run/run-fixture.h"

static const struct scene scenes[] = {
    { "disconnect for D: attempts fail at once, the next delay begins",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n200ms = disconnect a for 1s\n",
      "200ms a connection-closed\n1700ms a send connect\n" },
    { "crash for D starts afresh",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n30ms = crash a for 1s\n",
      "30ms a connection-closed\n1030ms a start\n1030ms a send token-request\n" },
    { "a crash without `for` lasts until restart",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n30ms = crash a\n2s = restart a\n",
      "30ms a connection-closed\n2000ms a start\n" },
    { "a crash before the start cancels it, and restart starts it",
      "[network]\nlatency = 10ms\n[client a]\nstart = 1s\n[client b]\n[timeline]\n10ms = crash "
      "a\n3s = restart a\n",
      "10ms a fault\n10ms a state\n3000ms a start\n" },
    { "a client that a crash leaves in time starts at its own start",
      "[network]\nlatency = 10ms\n[client a]\nstart = 1s\n[timeline]\n10ms = crash a for "
      "200ms\n",
      "10ms a fault\n10ms a state\n1000ms a start\n1000ms a send token-request\n" },
    { "a crash that ends at the start, and one that ends a nanosecond later",
      "[network]\nlatency = 10ms\n[client a]\nstart = 1s\n[client b]\nstart = 1s\n[timeline]\n"
      "10ms = crash a for 990ms\n10ms = crash b for 990000001ns\n",
      "1000ms a start\n1000000001ns b start\n" },
    { "of two crashes before the start the first one counts; the second keeps from connecting",
      "[network]\nlatency = 10ms\n[client a]\nstart = 1s\n[timeline]\n10ms = crash a for "
      "100ms\n500ms = crash a for 600ms\n",
      /* The token is there at 1 s + 10 ms + 1 ms + 10 ms, when the second crash would still
       * last: the attempt fails at once, the next comes 500 ms later. */
      "1000ms a start\n1021ms a receive token\n1521ms a send connect\n" },
    { "a drawn start is kept across a crash before it",
      "[network]\nlatency = 10ms\n[client a]\nstart = uniform(2s, 2s)\n[timeline]\n0ms = crash "
      "a for 1ns\n",
      "0ms a state\n2000ms a start\n" },
    { "a disconnect before the start keeps the client from connecting",
      "[network]\nlatency = 10ms\n[client a]\nstart = 10ms\n[timeline]\n0ms = disconnect a for "
      "2s\n",
      "31ms a receive token\n3531ms a send connect\n" },
    { "a close is seen at once whatever detect-loss says",
      "[network]\nlatency = 10ms\n[server]\ndetect-loss = 5s\n[client a]\n[timeline]\n300ms = "
      "close a\n",
      "300ms a connection-closed\n300ms server connection-closed\n" },
    { "a crashed server loses what waits, and is back after its time",
      "[network]\nlatency = 10ms\n[server]\nprocessing = 50ms\n[client a]\n[client "
      "b]\n[timeline]\n40ms = crash server for 1s\n",
      "31ms server receive connect\n40ms server lose\n40ms server lose\n40ms a "
      "connection-closed\n1540ms a send connect\n" },
    { "a server without `for` is down until restart",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n200ms = crash server\n5s = restart "
      "server\n",
      "200ms a connection-closed\n7700ms a send connect\n" },
    { "an upgrade closes with client-update-required; the client comes back for another "
      "session",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n500ms = upgrade server\n",
      "500ms server fault\n500ms server send closed\n510ms a connection-closed\n1010ms a send "
      "connect\n1030ms a send session-request\n"
      "1050ms a receive session-none\n1050ms a send key-request\n1050ms a send key-request\n" },
    { "sync-clock makes the error 0",
      "[network]\nlatency = 10ms\n[token-provider]\nclock-offset = 90s\n[client a]\nstart = "
      "1s\n"
      "[timeline]\n500ms = sync-clock token-provider\n",
      "500ms token-provider clock\n1166ms a collaborating\n" },
    { "rotate-master on the timeline drops the oldest master's keys",
      "[network]\nlatency = 10ms\n[encryption-provider]\nkind = derived\nkeep-masters = "
      "1\n[client a]\n"
      "[timeline]\n300ms = rotate-master\n",
      "91ms encryption-provider key-made\n300ms encryption-provider fault\n300ms "
      "encryption-provider key-discarded\n" },
    { "NTP steps a large error at its interval",
      "[network]\nlatency = 10ms\n[server]\nclock-offset = 5s\nntp-interval = 1s\n[client "
      "a]\n[client b]\nstart = 1500ms\n",
      "1000ms server clock\n" },
    { "a fault on a group's name strikes all its members, in order",
      "[network]\nlatency = 10ms\n[client fan]\ncount = 3\n[timeline]\n300ms = disconnect "
      "fan\n",
      "300ms fan-1 connection-closed\n300ms fan-2 connection-closed\n300ms fan-3 "
      "connection-closed\n" },
    { "a crash before the start keeps no run going",
      "[network]\nlatency = 10ms\n[client a]\n[client b]\nstart = 50s\n[timeline]\n1s = crash "
      "b\n"
      "[expect]\ncollaborating = all\n",
      "166ms a collaborating\n1000ms b state\n" },
    { "a server that is down can be crashed for longer",
      "[network]\nlatency = 10ms\n[client a]\nreconnect = unlimited from 500ms to "
      "500ms\n[timeline]\n"
      "1s = crash server for 1s\n1500ms = crash server for 10s\n",
      "1000ms a connection-closed\n11500ms a send connect\n" },
    { "a crash that comes twice still keeps from connecting for its time",
      "[network]\nlatency = 10ms\n[client a]\nreconnect = unlimited from 500ms to "
      "500ms\n[timeline]\n"
      "1s = crash a for 1s\n1500ms = crash a for 10s\n",
      "2000ms a start\n11521ms a send connect\n" },
    { "faults on a client that failed have no effect",
      "[network]\nlatency = 10ms\n[token-provider]\nclock-offset = 90s\n[client "
      "a]\n[timeline]\n1s = crash a for 1s\n2s = close a\n",
      "41ms a failed\n1000ms a fault\n2000ms a fault\nnever 1000ms a state\nnever 2000ms a "
      "state\n" },
    { "a disconnect is over at its end",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n200ms = disconnect a for 500ms\n",
      "700ms a send connect\n" },
    { "… and not a nanosecond before",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n200ms = disconnect a for "
      "500000001ns\n",
      "1700ms a send connect\n" },
    { "a disconnect inside a longer one ends nothing",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n200ms = disconnect a for 1s\n300ms = "
      "disconnect a for 100ms\n",
      "1700ms a send connect\n" },
    { "a crash inside a longer one ends nothing",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n1s = crash a for 10s\n2s = crash a "
      "for 1s\n",
      "11000ms a start\n11021ms a send connect\n" },
    { "a second crash keeps from connecting until its end",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n1s = crash a for 1s\n1500ms = crash "
      "a for 521ms\n",
      "2000ms a start\n2021ms a send connect\n" },
    { "… and not a nanosecond less",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n1s = crash a for 1s\n1500ms = crash "
      "a for 521000001ns\n",
      "2000ms a start\n2521ms a send connect\n" },
    { "restart does not end a crash that has an end",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n1s = crash a for 5s\n2s = restart "
      "a\n",
      "2000ms a fault\n6000ms a start\n" },
    { "a crash of the server is over at its end",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n200ms = crash server for 500ms\n",
      "700ms a send connect\n" },
    { "… and not a nanosecond before",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n200ms = crash server for "
      "500000001ns\n",
      "1700ms a send connect\n" },
    { "a crash of the server inside a longer one ends nothing",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n200ms = crash server for 1s\n300ms = "
      "crash server for 100ms\n",
      "1700ms a send connect\n" },
    { "restart ends the crash without an end, not the other",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n200ms = crash server\n300ms = crash "
      "server for 1s\n600ms = restart server\n",
      "1700ms a send connect\n" },
    { "a server that comes back in the instant of an attempt is there for it",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n200ms = crash server\n700ms = "
      "restart server\n",
      "700ms a send connect\n" },
    /* The timeline comes before what was scheduled later: at 21 ms the server is down. */
    { "a crash of the server closes what the client opened before",
      "[network]\nlatency = 10ms\n[client a]\n[timeline]\n21ms = crash server for 1ns\n",
      "21ms a receive token\n521ms a send connect\n" },
    /* Made at 91 ms, when the clock shows 219 ms and a nanosecond; right from 1 s on. */
    { "NTP steps an error of more than 128 ms",
      "[network]\nlatency = 10ms\n[encryption-provider]\nclock-offset = "
      "128000001ns\nntp-interval = 1s\nretention = for(2s)\n[client a]\n[client idle]\nstart = "
      "50s\n",
      "1000ms encryption-provider clock\n2219000001ns encryption-provider key-discarded\n" },
    /* It is to show 2219 ms. At 2 s it is 127.5 ms ahead; x later x + 127.5 ms - floor(x / 2000) =
     * 219 ms holds first at x = 91 545 772. */
    { "… and slews one of 128 ms, at 500 ppm",
      "[network]\nlatency = 10ms\n[encryption-provider]\nclock-offset = 128ms\nntp-interval = "
      "1s\nretention = for(2s)\n[client a]\n[client idle]\nstart = 50s\n",
      "2091545772ns encryption-provider key-discarded\n" },
    /* It is to show 1963 ms: x - 127.5 ms + floor(x / 2000) = -37 ms at x = 90 454 773. */
    { "… either way",
      "[network]\nlatency = 10ms\n[encryption-provider]\nclock-offset = -128ms\nntp-interval = "
      "1s\nretention = for(2s)\n[client a]\n[client idle]\nstart = 50s\n",
      "2090454773ns encryption-provider key-discarded\n" },
    /* Slewed from 1 s to 1.2 s. */
    { "a clock that has slewed an error away is right",
      "[network]\nlatency = 10ms\n[encryption-provider]\nclock-offset = 100001ns\nntp-interval "
      "= 1s\nretention = for(1500ms)\n[client a]\n[client idle]\nstart = 50s\n",
      "1591100001ns encryption-provider key-discarded\n" },
    /* Made at 91 ms, when the clock shows 100.1 ms. t + 100 ms + floor(t / 10) = 1100.1 ms. */
    { "keys age by a clock that is stepped ahead",
      "[network]\nlatency = 10ms\n[encryption-provider]\nclock-drift = 100000ppm\nretention = "
      "for(1s)\n[client a]\n[client idle]\nstart = 50s\n[timeline]\n500ms = step-clock "
      "encryption-provider by 100ms\n",
      "909181819ns encryption-provider key-discarded\n" },
    /* t - 99 ms + floor(t / 10) = 1100.1 ms. */
    { "… and back",
      "[network]\nlatency = 10ms\n[encryption-provider]\nclock-drift = 100000ppm\nretention = "
      "for(1s)\n[client a]\n[client idle]\nstart = 50s\n[timeline]\n500ms = step-clock "
      "encryption-provider by -99ms\n",
      "1090090910ns encryption-provider key-discarded\n" },
    /* x after 500 ms it shows 500 ms + x + floor(x / 10). */
    { "… and set right, when drift begins anew",
      "[network]\nlatency = 10ms\n[encryption-provider]\nclock-drift = 100000ppm\nretention = "
      "for(1s)\n[client a]\n[client idle]\nstart = 50s\n[timeline]\n500ms = sync-clock "
      "encryption-provider\n",
      "1045545455ns encryption-provider key-discarded\n" },
    { "a key that a step makes too old goes at once",
      "[network]\nlatency = 10ms\n[encryption-provider]\nretention = for(10s)\n[client "
      "a]\n[client idle]\nstart = 50s\n[timeline]\n1s = step-clock encryption-provider by "
      "9091ms\n",
      "1000ms encryption-provider clock\n1000ms encryption-provider key-discarded\n" },
    /* t + floor(t / 10) = 30 s. */
    { "a renewal is aimed by a clock that drifts",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 60s\n[client a]\nclock-drift = "
      "100000ppm\n[client idle]\nstart = 50s\n",
      "27272727273ns a send token-request\n" },
    /* x after 10 s: x + floor(x / 10) = 20 s. */
    { "… and anew when it is set right",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 60s\n[client a]\nclock-drift = "
      "100000ppm\n[client idle]\nstart = 50s\n[timeline]\n10s = sync-clock a\n",
      "10000ms a clock\n28181818182ns a send token-request\n" },
    { "… or stepped back",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 60s\n[client a]\n[client "
      "idle]\nstart = 50s\n[timeline]\n1s = step-clock a by -10s\n",
      "40000ms a send token-request\n" },
    { "… or stepped beyond it",
      "[network]\nlatency = 10ms\n[token-provider]\nlifetime = 60s\n[client a]\n[client "
      "idle]\nstart = 50s\n[timeline]\n1s = step-clock a by 40s\n",
      "1000ms a clock\n1000ms a send token-request\n" },
};

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(scenes)];

    fixture_scene_tests(scenes, G_N_ELEMENTS(scenes), tests);
    return cmocka_run_group_tests_name("timeline", tests, NULL, NULL) != 0;
}
