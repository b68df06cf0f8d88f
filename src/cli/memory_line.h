/* One line: the memory that a rank has taken. */
#ifndef RESLICE_CLI_MEMORY_LINE_H
#define RESLICE_CLI_MEMORY_LINE_H

/* Prints the peak resident memory so far of the rank that has taken most, behind `indent`. Collective. */
void memory_line_print(const char *indent);

#endif
