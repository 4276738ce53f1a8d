/* table.c -- the table, all of it zero at first, and touched only while somebody profiles. */
#include "profile/table.h"

mica_profile_table_t mica_profile_table MICA_TABLE;
MICA_OWN_NAME(mica_profile_epoch, mica_profile_table);
