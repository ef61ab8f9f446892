import { useStore } from 'zustand';
import { presets } from '../../recipes/presets.ts';
import { modelStore } from '../../state/model.ts';
import { floatName, methodOrder, merges, ships } from './methodFacts.ts';

/** The recipes side by side, for those who choose. */
export function MethodTable() {
  const float = useStore(modelStore, ({ summary }) => floatName(summary?.dtype));
  return (
    <table className="method-table" aria-label="Recipes compared">
      <thead>
        <tr>
          <th scope="col">Recipe</th>
          <th scope="col">You keep</th>
          <th scope="col">Merges</th>
        </tr>
      </thead>
      <tbody>
        {methodOrder.map((method) => (
          <tr key={method}>
            <th scope="row">{presets[method].label}</th>
            <td>{ships[method](float)}</td>
            <td>{merges(method) ? 'yes' : 'no'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
