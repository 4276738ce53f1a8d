/* answer.h -- what a request is answered with. */
#ifndef WEBSERVER_ANSWER_H
#define WEBSERVER_ANSWER_H
#include "request.h"

/* Finds the file that a GET or HEAD means and queues its contents, or what is to be said instead. MHD_NO: no memory even for
 * that; the connection is closed. */
enum MHD_Result answer_file(struct request* request, struct MHD_Connection* connection);

/* Queues a short text for a status that is no success. request may be NULL: there was no memory for one. */
enum MHD_Result answer_status(struct request* request, struct MHD_Connection* connection, unsigned status);

/* The same for a method that is not served. */
enum MHD_Result answer_method(struct request* request, struct MHD_Connection* connection);

/* Queues the server's figures. */
enum MHD_Result answer_figures(struct MHD_Connection* connection);

#endif
