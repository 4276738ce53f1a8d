#!/usr/bin/env bash
# php: opens its extensions with RTLD_DEEPBIND, which MICA_DEEPBIND=ignore passes over: documents, sorting by a language's rules,
# pictures, files by curl, character sets.
. "$(dirname "$0")/preload.bash"

export MICA_DEEPBIND=ignore
workload() {
  seq 500 >numbers
  under php <<'EOT'
<?php
$document = new DOMDocument();
$root = $document->appendChild($document->createElement("root"));
for ($i = 0; $i < 3000; $i++) {
  $element = $document->createElement("element", "text $i");
  $element->setAttribute("number", $i);
  $root->appendChild($element);
}
$path = new DOMXPath($document);
echo $path->query("//element[@number > 1000]")->length, " ", md5($document->saveXML()), "\n";
$read = new DOMDocument();
$read->loadXML($document->saveXML());
echo $read->getElementsByTagName("element")->length, "\n";

$words = [];
for ($i = 0; $i < 5000; $i++) $words[] = substr(md5("$i"), 0, 6) . ["ä", "a", "ö", "o", "ß"][$i % 5];
(new Collator("de_DE"))->sort($words);
echo md5(implode(" ", $words)), " ", (new NumberFormatter("en_US", NumberFormatter::DECIMAL))->format(1234567.891), "\n";

$picture = imagecreatetruecolor(300, 300);
for ($i = 0; $i < 100; $i++) imagefilledellipse($picture, $i * 3, $i * 2, 40, 60, imagecolorallocate($picture, $i, 255 - $i, 7));
ob_start();
imagepng($picture);
echo md5(ob_get_clean()), "\n";

for ($i = 0; $i < 20; $i++) {
  $curl = curl_init("file://" . getcwd() . "/numbers");
  curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
  $text = curl_exec($curl);
  curl_close($curl);
}
echo strlen($text), " ", md5($text), "\n";

$text = mb_convert_encoding(str_repeat("straße äöü ", 5000), "UTF-16LE", "UTF-8");
echo strlen($text), " ", md5(mb_strtoupper(mb_convert_encoding($text, "UTF-8", "UTF-16LE"))), "\n";
EOT
}
compare
