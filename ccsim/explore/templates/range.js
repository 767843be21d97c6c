// The browser's own slider: it knows the keyboard, touch and screen readers.
export default {
  template: `<input type="range" :min="min" :max="max" :step="step" :value="modelValue"
    @input="$emit('update:modelValue', Number($event.target.value))">`,
  props: { modelValue: Number, min: Number, max: Number, step: Number },
  emits: ["update:modelValue"],
};
