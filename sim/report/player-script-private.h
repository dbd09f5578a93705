/* The script of the page: player.js, which the build makes into a string. */
#pragma once

extern const char sr_player_js[];
