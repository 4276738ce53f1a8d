/* environment.h -- the options' values in the environment. The names, and how a value is found, stand in mica/options.h. */
#ifndef MICA_ENVIRONMENT_H
#define MICA_ENVIRONMENT_H

/* Reads the environment. Called once, by the library's constructor; a second time replaces what the first one found. What was
 * set by call stays. */
void mica_options_read(void);

#endif
