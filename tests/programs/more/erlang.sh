#!/usr/bin/env bash
# erlang: processes that send each other binaries and lists, tables, and a heap for each. The emulator has allocators of its
# own above the system's.
# packages: erlang-base
. "$(dirname "$0")/../preload.bash"

workload() {
  cat >work.erl <<'EOT'
-module(work).
-export([main/0]).
worker(Parent, N) ->
  L = lists:sort([{(I * 7919 + N) rem 3001, <<I:32, (binary:copy(<<N>>, I rem 300))/binary>>} || I <- lists:seq(1, 6000)]),
  T = ets:new(t, []), [ets:insert(T, {K, B}) || {K, B} <- L],
  Bin = iolist_to_binary([B || {_, B} <- L]),
  Z = zlib:compress(Bin), Bin = zlib:uncompress(Z),
  Parent ! {N, erlang:md5(Bin), ets:info(T, size), byte_size(Z)}.
ring(0, Next) -> Next;
ring(N, Next) -> ring(N - 1, spawn(fun() -> pass(Next) end)).
pass(Next) -> receive stop -> Next ! stop; M -> Next ! [1 | M], pass(Next) end.
main() ->
  Self = self(),
  [spawn(fun() -> worker(Self, N) end) || N <- lists:seq(1, 12)],
  [receive {N, D, S, Z} -> io:format("~p ~p ~p ~p~n", [N, D, S, Z]) end || N <- lists:seq(1, 12)],
  First = ring(2000, Self),
  [First ! [] || _ <- lists:seq(1, 100)],
  io:format("~p~n", [lists:sum([receive M -> length(M) end || _ <- lists:seq(1, 100)])]),
  First ! stop, receive stop -> ok end,
  halt(0).
EOT
  HOME=$PWD under erlc work.erl
  HOME=$PWD under erl -noshell -noinput +S 2 -run work main
}
compare
