#!/usr/bin/env bash
# ghc: a program compiled with optimisation, and run with two threads. The compiler's heap is its own, the rest is malloc's.
# packages: ghc
. "$(dirname "$0")/../preload.bash"

workload() {
  cat >Work.hs <<'EOT'
module Main where
import Control.Concurrent
import Control.Monad
import qualified Data.Map.Strict as M
import Foreign
import Text.Printf

data Tree = Leaf | Node Tree Int Tree deriving (Show, Read, Eq)
grow :: Int -> Int -> Tree
grow 0 _ = Leaf
grow d n = Node (grow (d - 1) (2 * n)) n (grow (d - 1) (2 * n + 1))
total :: Tree -> Int
total Leaf = 0
total (Node a n b) = total a + n + total b

blocks :: Int -> IO Int
blocks n = fmap sum $ forM [1 .. n] $ \i -> allocaBytes (i `mod` 5000 + 8) $ \p -> do
  q <- mallocBytes (i `mod` 300 + 8) :: IO (Ptr Int)
  poke p i
  peek p >>= poke q
  x <- peek q
  free q
  return (x `mod` 7)

main :: IO ()
main = do
  let t = grow 12 1
  print (total t, read (show t) == t)
  done <- forM [1 .. 4] $ \k -> do
    m <- newEmptyMVar
    _ <- forkOS (blocks (20000 * k) >>= putMVar m)
    return m
  mapM takeMVar done >>= print
  let table = M.fromListWith (+) [((i * 7919) `mod` 5003, i) | i <- [1 .. 200000 :: Int]]
  printf "%d %d\n" (M.size table) (M.foldl' (\a v -> (a * 31 + v) `mod` 1000000007) 0 table)
EOT
  HOME=$PWD under ghc -v0 -O1 -threaded Work.hs -o work
  under ./work +RTS -N2
}
compare
