/* A result file written by all ranks. Its contents do not depend on the rank count; what is read is
 * compared with the formula that made it. Comes first, after #define _POSIX_C_SOURCE 200809L. */
#ifndef RESLICE_TESTS_STORE_SAMPLE_H
#define RESLICE_TESTS_STORE_SAMPLE_H

#include "mpi_test.h"

#include "store/store.h"

/* ---- the sample: every type, every way of splitting, few and many rows ---- */

struct sample {
    const char *group, *name;
    enum store_type type;
    int axes;
    struct store_axis axis[STORE_AXES];
    int split_axes;
};

/* Labels of axes. */
extern const int32_t LABEL_SIGN[];
extern const int32_t LABEL_BITS[];

extern const struct sample stored_samples[];
extern const size_t stored_sample_count;

enum { LONG_TEXT = 100000 };

/* Of the lengths of axes first..last-1. */
size_t product(const struct sample *s, int first, int last);

/* Letters of one to four bytes. */
char *long_text(void);

/* Attributes of every type, with long_text as "config". Collective. */
void write_attributes(struct store *store);

/* A file of all samples and attributes. Collective. */
void write_file(const char *path);

/* ---- a folder for every rank, removed at the end ---- */

extern char sample_folder[64], sample_path[96];

/* Makes the folder, and in it the file at sample_path. Collective. */
int make_sample_folder(void **state);

/* Removes both; no memory may be left. Collective. */
int remove_sample_folder(void **state);

/* ---- reading it ---- */

/* Of the last call that failed. */
extern struct error sample_error;

/* The file, which must open. */
struct store_file *open_sample(void);

/* sample_error is one line with this word and the path. */
void assert_says(const char *word);

/* GROUP/NAME of a sample. */
void object_path(char name[128], const struct sample *s);

/* The sample in the file has its shape and its bytes. */
void check_contents(const struct store_file *file, const struct sample *s);

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_sample_folder, remove_sample_folder)

#endif
