/* strings.h -- texts: copies of them in blocks of their own, for the caller to free. The rules common to all functions of mica
 * stand in mica.h. */
#ifndef MICA_STRINGS_H
#define MICA_STRINGS_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A copy of text, with its null. NULL given is NULL returned, errno untouched. (POSIX strdup; mimalloc for NULL) */
mi_decl_nodiscard char* mi_strdup(const char* text) mi_attr_noexcept mi_attr_malloc;

/* A copy of the first limit bytes of text, or of all of it, and a null. No byte behind them is looked at. (POSIX strndup) */
mi_decl_nodiscard char* mi_strndup(const char* text, size_t limit) mi_attr_noexcept mi_attr_malloc;

/* As mi_strdup, for texts of bytes and of wide characters. (Microsoft _mbsdup, _wcsdup) */
mi_decl_nodiscard unsigned char* mi_mbsdup(const unsigned char* text) mi_attr_noexcept mi_attr_malloc;
mi_decl_nodiscard wchar_t* mi_wcsdup(const wchar_t* text) mi_attr_noexcept mi_attr_malloc;

/* The absolute path of a file, without links, "." and "..". resolved, if it is not NULL, has room for PATH_MAX bytes and is
 * returned; else the path is in a block. NULL on failure with errno as realpath gives it (EACCES, EINVAL, ELOOP,
 * ENAMETOOLONG: also of a path that does not fit into PATH_MAX bytes, ENOENT, ENOTDIR, EIO, ENOMEM). (POSIX realpath) */
char* mi_realpath(const char* path, char* resolved) mi_attr_noexcept;

/* A copy of the value of an environment variable in *buffer, and in *size, unless size is NULL, the number of its
 * characters, the null included: 0. A variable that is not set gives NULL and size 0, and is no failure. Else an error
 * number, NULL and 0: EINVAL: buffer or name is NULL; ENOMEM; of the wide form also EILSEQ: name or value cannot be converted
 * in the current locale. errno is untouched in every case. As with getenv, nobody may change the environment meanwhile.
 * (Microsoft _dupenv_s, _wdupenv_s) */
int mi_dupenv_s(char** buffer, size_t* size, const char* name) mi_attr_noexcept;
int mi_wdupenv_s(wchar_t** buffer, size_t* size, const wchar_t* name) mi_attr_noexcept;

#ifdef __cplusplus
}
#endif
#endif
