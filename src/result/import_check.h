/* Whether the tensors that were found in a weight file are what a network needs, and the list of both
 * for people. Rank 0's work. */
#ifndef RESLICE_RESULT_IMPORT_CHECK_H
#define RESLICE_RESULT_IMPORT_CHECK_H

#include "result/import_names.h"

/* True when every parameter has its tensor, of the right shape and in floating point (a linear layer
 * or convolution may be without a bias: it is 0), and no layer is left over; a line then names what
 * else the file has, which is ignored. Otherwise false with a line, and where shapes or names do not
 * fit a list on standard output of what is expected and what is there. Not collective. */
bool import_check(const struct import_names *names, const struct network *net, const char *path,
                  struct error *err);

/* Prints the names and shapes that the network expects, and how names are matched. Not collective;
 * rank 0 speaks. */
void import_check_print_expected(const struct network *net);

#endif
