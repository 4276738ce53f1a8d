#!/usr/bin/env bash
# emacs in batch: buffers, hash tables, regular expressions, byte compilation, and a heap that is collected.
# packages: emacs-nox
. "$(dirname "$0")/../preload.bash"

workload() {
  cat >work.el <<'EOT'
;; -*- lexical-binding: t -*-
(defun work-fill (n)
  (let ((table (make-hash-table :test #'equal)))
    (dotimes (i n) (push i (gethash (format "key%d" (% (* i 7919) 5003)) table)))
    table))
(let ((table (work-fill 100000)) (keys nil))
  (maphash (lambda (k v) (push (cons k (length v)) keys)) table)
  (setq keys (sort keys (lambda (a b) (string< (car a) (car b)))))
  (princ (format "%d %s\n" (length keys) (secure-hash 'sha256 (prin1-to-string keys)))))
(with-temp-buffer
  (dotimes (i 20000) (insert (format "line %d of text\n" i)))
  (goto-char (point-min))
  (while (re-search-forward "\\([0-9]+\\) of" nil t) (replace-match "<\\1>"))
  (sort-lines t (point-min) (point-max))
  (princ (format "%d %s\n" (buffer-size) (secure-hash 'sha256 (current-buffer))))
  (dotimes (i 2000) (goto-char (1+ (% (* i 48271) (buffer-size)))) (delete-char 1) (insert "xyz"))
  (garbage-collect)
  (princ (format "%d %s\n" (buffer-size) (secure-hash 'sha256 (current-buffer)))))
(dotimes (i 200) (with-temp-buffer (insert (make-string (* i 300) ?x)) (generate-new-buffer "more") (garbage-collect-maybe 8)))
(princ (format "%d buffers\n" (length (buffer-list))))
EOT
  HOME=$PWD under emacs --batch -Q -l work.el
  HOME=$PWD under emacs --batch -Q -f batch-byte-compile work.el
  HOME=$PWD under emacs --batch -Q -l work.elc
}
compare
