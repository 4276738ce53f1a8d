# page.bash -- page: writes the page that the browsers show. When it is done its body says so, in figures and in colours.
page() {
  cat <<'EOT'
<!DOCTYPE html><html><body><p id="said">not done</p><table id="t"></table><canvas id="c" width="300" height="200"></canvas>
<script>
let seed = 5;
const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
const table = document.getElementById("t");
for (let i = 0; i < 3000; i++) {
  const row = table.insertRow();
  for (let j = 0; j < 5; j++) row.insertCell().textContent = "cell " + random(1000);
  if (i % 2) table.deleteRow(random(table.rows.length));
}
const list = Array.from({ length: 60000 }, (_, i) => ({ id: i, key: "k" + random(100000), more: [random(9), random(9)] }));
list.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.id - b.id));
const text = JSON.stringify(list);
let sum = 0;
for (const each of JSON.parse(text)) sum = (sum * 31 + each.id + each.more[0]) % 1000000007;
const context = document.getElementById("c").getContext("2d");
for (let i = 0; i < 2000; i++) {
  context.fillStyle = "rgb(" + [random(256), random(256), random(256)] + ")";
  context.fillRect(random(300), random(200), random(50), random(50));
}
const dots = context.getImageData(0, 0, 300, 200).data;
for (const dot of dots) sum = (sum * 31 + dot) % 1000000007;
while (table.rows.length > 10) table.deleteRow(0);
document.getElementById("said").textContent = [text.length, sum, document.querySelectorAll("td").length].join(" ");
document.body.style.background = "rgb(" + [sum % 256, (sum >> 8) % 256, (sum >> 16) % 256] + ")";
</script></body></html>
EOT
}
