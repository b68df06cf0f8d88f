/* What `reslice crossbar` says on the terminal. */
#ifndef RESLICE_CLI_CROSSBAR_TEXT_H
#define RESLICE_CLI_CROSSBAR_TEXT_H

#include "result/result_provision.h"
#include "simulate/provision.h"

/* Tables of bits by definition, of assignments, of what was provisioned by layer and of devices; warnings
 * where that loses more on the test samples than allowed; counts. Collective; rank 0 prints. */
void crossbar_print(const struct provision *provision, const struct result_setup *setup);

#endif
