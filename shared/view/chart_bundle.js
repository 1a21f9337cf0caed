// What charts.js uses of Chart.js, and no more: bundled to a third less than the whole. A new kind of chart may need
// another controller, element or scale here; Chart.js says so in the console.
import {
  ArcElement, BarController, BarElement, CategoryScale, Chart, DoughnutController, Filler, Legend, LineController,
  LineElement, LinearScale, LogarithmicScale, PointElement, ScatterController, Tooltip,
} from "chart.js";

Chart.register(
  ArcElement, BarController, BarElement, CategoryScale, DoughnutController, Filler, Legend, LineController,
  LineElement, LinearScale, LogarithmicScale, PointElement, ScatterController, Tooltip,
);
globalThis.Chart = Chart;
