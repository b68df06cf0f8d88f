/* A small result file, right in all that reports and child runs read of it, and changes to it.
 *
 * Changes go through HDF5's own calls: what comes out is always a sound HDF5 file with something
 * else in it than the reader expects. (Random damage to the bytes of a file would mostly test HDF5.)
 */
#ifndef RESLICE_TESTS_RESULT_FILE_H
#define RESLICE_TESTS_RESULT_FILE_H

#include "fuzz.h"
#include "settings/experiment.h"

/* The network whose weights are in the file. */
enum { RESULT_INPUTS = 4, RESULT_HIDDEN = 3, RESULT_CLASSES = 3, RESULT_QUANTISERS = 3 };
#define RESULT_PARENT "p@seed=1" /* the run it comes from */

/* Writes the file; `settings` are those it says it was made with. */
void result_file_write(const char *path, const struct settings *settings);

/* Makes the changes that the input says, one after the other, at most 6: a byte 1..7 chooses the kind
 * (see the end of result_file.c), its bytes follow; a 0 or the end of the input ends them. */
void result_file_change(const char *path, struct fuzz_bytes *bytes);

#endif
