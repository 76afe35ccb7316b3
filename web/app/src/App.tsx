export function App() {
  return <h1>Ligeia</h1>;
}
