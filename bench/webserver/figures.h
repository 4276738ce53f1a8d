/* figures.h -- the server's figures as a JSON text. */
#ifndef WEBSERVER_FIGURES_H
#define WEBSERVER_FIGURES_H

/* The text, to be freed with free(); NULL: no memory. */
char* figures_text(void);

#endif
