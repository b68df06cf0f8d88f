/* The crossbar mapping of a network as a file of its own, for other simulators (format
 * "reslice-crossbars" version 1; src/README.md, "Exported crossbars"). */
#ifndef RESLICE_RESULT_EXPORT_H
#define RESLICE_RESULT_EXPORT_H

#include "hw/crossbar.h"
#include "nn/network.h"

#define EXPORT_FORMAT "reslice-crossbars"

enum { EXPORT_FORMAT_VERSION = 1 };

/* What the file says about where it comes from. */
struct export_source {
    const char *file, *experiment, *run;
};

/* Writes every weight layer of a prepared, quantised network with its activation exponents: codes,
 * and the cells of every array with differential signs. Collective; environment errors end the job. */
void export_write(const char *path, const struct network *net, struct crossbar_format format,
                  struct export_source source);

#endif
