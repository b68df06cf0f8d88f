/* A fresh folder for each test, which is also the working directory; without RESLICE_DATA. At its end
 * no memory may be left. Comes first, after #define _XOPEN_SOURCE 700 (nftw). */
#ifndef RESLICE_TESTS_FRESH_FOLDER_H
#define RESLICE_TESTS_FRESH_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Its absolute path. */
extern char fresh_root[];

/* Makes it, before a test. */
int fresh_folder_setup(void **state);

/* Removes it with all there is in it, behind a test. */
int fresh_folder_teardown(void **state);

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh_folder_setup, fresh_folder_teardown)

/* All folders in front of the last / of `path`. */
void make_folders(const char *path);

#endif
