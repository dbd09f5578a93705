/* The cells of the core's tables, for one test alone.
 *
 * tests/mutants compiles this room once more with SR_MUTANTS, changes a cell at a time and looks
 * whether the checks notice. In the program the tables are constants. */
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
