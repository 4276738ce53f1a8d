#!/usr/bin/env bash
# php with extensions, which it opens with RTLD_DEEPBIND: dom, intl, gd, curl, mbstring; with its own memory manager and without.
# packages: php-cli php-xml php-intl php-gd php-curl php-mbstring
. "$(dirname "$0")/../preload.bash"

export MICA_DEEPBIND=ignore
workload() {
  cat >work.php <<'EOT'
<?php
$seed = 7;
function random(int $n): int { global $seed; $seed = ($seed * 48271) % 2147483647; return $seed % $n; }
$doc = new DOMDocument();
$root = $doc->appendChild($doc->createElement('list'));
for ($i = 0; $i < 20000; $i++) {
  $item = $root->appendChild($doc->createElement('item', 'text ' . random(1000000)));
  $item->setAttribute('id', "n$i");
  if ($i % 3 == 2) $root->removeChild($root->firstChild);
}
$text = $doc->saveXML();
$again = new DOMDocument();
$again->loadXML($text);
$path = new DOMXPath($again);
echo hash('sha256', $text), ' ', $path->query("//item[contains(text(), '77')]")->length, "\n";
$words = [];
for ($i = 0; $i < 20000; $i++) $words[] = mb_convert_case(mb_substr("Äpfel Öl über straße $i", random(5)), MB_CASE_UPPER);
(new Collator('de_DE'))->sort($words);
echo hash('sha256', implode(',', $words)), ' ', (new NumberFormatter('de_DE', NumberFormatter::DECIMAL))->format(1234567.89), "\n";
echo Normalizer::normalize("A\u{30a}", Normalizer::FORM_C), ' ', transliterator_transliterate('Any-Latin; Latin-ASCII', 'Москва'), "\n";
$image = imagecreatetruecolor(600, 400);
for ($i = 0; $i < 400; $i++) imagefilledellipse($image, random(600), random(400), random(90), random(90), random(0xffffff));
$small = imagescale($image, 150, 100, IMG_BICUBIC);
imagefilter($small, IMG_FILTER_GAUSSIAN_BLUR);
ob_start(); imagepng($small); $png = ob_get_clean();
echo strlen($png), ' ', hash('sha256', $png), ' ', imagesx(imagecreatefromstring($png)), "\n";
$many = curl_multi_init();
$each = [];
for ($i = 0; $i < 20; $i++) {
  $each[$i] = curl_init('file://' . __FILE__);
  curl_setopt($each[$i], CURLOPT_RETURNTRANSFER, true);
  curl_multi_add_handle($many, $each[$i]);
}
do { curl_multi_exec($many, $running); if ($running) curl_multi_select($many); } while ($running);
foreach ($each as $handle) $bodies[] = strlen(curl_multi_getcontent($handle));
echo implode(' ', array_unique($bodies)), ' ', count($bodies), "\n";
$table = [];
for ($i = 0; $i < 200000; $i++) $table["key" . random(50000)][] = str_repeat('x', random(20));
ksort($table);
echo count($table), ' ', hash('sha256', serialize($table)), "\n";
EOT
  USE_ZEND_ALLOC=0 under php work.php
  under php work.php
}
compare
