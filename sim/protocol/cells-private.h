/* The cells of the core's tables, only for one test.
 *
 * tests/mutants compiles this room again with SR_MUTANTS. It changes one cell at a time and
 * checks that a test notices. In the program the tables are constant. */
#pragma once

#include <stdint.h>

#ifdef SR_MUTANTS
#define SR_CELL
/* Returns: (transfer none): rows × columns cells, row = state, column = input */
uint8_t *sr_client_cells(unsigned *rows, unsigned *columns);
/* Returns: (transfer none): rows × columns cells, row = what a state has in common with others, column = input */
uint8_t *sr_client_alike_cells(unsigned *rows, unsigned *columns);
/* Returns: (transfer none): rows × columns cells, row = phase, column = message */
uint8_t *sr_server_cells(unsigned *rows, unsigned *columns);
#else
#define SR_CELL const
#endif
